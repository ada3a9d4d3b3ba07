/** Every word of WhichHadTheHead. */

export const LABEL = "Two trainings, one of them with a side head, and how often that one is ahead";

export const CAPTION =
  "Small Inceptions on 1,920 images of CIFAR-10, reduced to 15×15 pixels: test error on 1,000 images, at the end on all " +
  "10,000. The two of a pair share the images, their order and all starting weights but the head’s. Drag the time. " +
  "Bricks, one a pair: orange, head ahead; strong grey, level; faint grey, behind.";

const preset = (head, label) => ({ id: head, label, state: { head } });

/** All heads; a chip stands for each that is recorded. */
export const HEADS = [
  preset("normalised", "batch-normalised head"),
  preset("plain", "plain head"),
  preset("dropout", "plain, dropout"),
  preset("two", "two heads"),
  preset("lower", "lower head"),
];

export const PRESETS = [
  ...HEADS.slice(0, 2),
  { id: "bet", label: "after a bet", state: { head: "normalised", pair: 1, moment: 13, bets: "normalised-0-2-b normalised-1-13-b" } },
];

export const CHOICE = "Heads";
export const TIME = "Time";
export const PAIR = (number, count) => `pair ${number} of ${count}`;
export const BET = (side) => `${side.toUpperCase()} had the head`;
export const NEXT = "next pair";
export const AGAIN = "forget my bets";
export const ERROR = "test error";
export const EPOCH = "epoch";
export const TICK_END = "end";
export const RIGHT = (side) => `Right: ${side.toUpperCase()} had it.`;
export const WRONG = (side) => `No, ${side.toUpperCase()} had it.`;
export const NAMES = { with: "with the head", without: "without" };
export const at = (moment) =>
  moment > 12 ? "at the end" : moment === 1 ? "after 1 epoch" : `after ${moment} epochs`;
export const SCORE = "Head ahead in";
export const OF = (count) => `of ${count} pairs`;
export const BEHIND = "behind in";
export const WAITS = "Bet once, and all pairs are shown here, at every moment.";
export const LEVELS = (count) => ({ all: `all ${count}`, half: "half" });
export const COIN = "coin";
export const TESTED = { epoch: "on 1,000 test images", end: "on 10,000" };
export const YOURS = "Your bets:";
export const OUT_OF = "of";
export const WON = "right";
export const spoken = (moment, a, b) => `${at(moment)}: A errs in ${a}, B in ${b} of the test images`;

export const READOUTS = {
  "error-a": ["test error of A", "%"],
  "error-b": ["test error of B", "%"],
  ahead: ["pairs in which the training with the head errs less", ""],
  behind: ["pairs in which it errs more", ""],
  placed: ["bets", ""],
  won: ["right bets", ""],
};
