/** Every word of the figure. */

export const LABEL = "An Inception module unfolded: four branches over one tensor, and what each costs";

export const CAPTION =
  "A stack is a tensor: a sheet is a channel, and a thick stack has many. The bars are multiply-adds, blue for a 1×1, " +
  "all to one scale; a mark is the price without the 1×1. Drag a bar’s end. Point at a sheet of the last stack.";

/** Said where no trained maps are at hand. */
export const BLANK = " The sheets are blank: this module’s trained weights are not part of the book.";

export const PRESETS = [
  {
    id: "with", label: "with the 1×1s", state: { plain_a: false, plain_b: false },
    note: "Each large kernel reads a thin stack that a 1×1 has mixed for it.",
  },
  {
    id: "without", label: "without them", state: { plain_a: true, plain_b: true },
    note: "Each large kernel reads every sheet of the input.",
  },
];

/** What a branch is called, by its layers. */
export function branchName(layers) {
  const pool = layers.find((layer) => layer.pool);
  if (pool) return "pool";
  const large = layers.filter(({ kernel }) => kernel > 1);
  if (!large.length) return "1×1";
  return (large.length > 1 ? `${large.length} × ` : "") + `${large[0].kernel}×${large[0].kernel}`;
}

export const WORDS = {
  width: (name) => `Width of the 1×1 before the ${name}`,
  takeOut: "take out",
  putBack: "put back",
  toggle: (name) => `The 1×1 before the ${name}`,
  without: "without it",
  module: "this module, multiply-adds",
  plain: "without its two 1×1s",
  times: "times as much",
  sheet: "Sheet",
  of: (count, name) => `of ${count}, from the ${name} branch`,
  reads: (kernel, from) => `numbers a cell: ${kernel}×${kernel} cells of ${from} sheets`,
  over: (window, channels) => `under them in the input: ${window}×${window} cells of ${channels} sheets`,
  picks: "Sheet of the output",
  sliders: (name) => `Channels of the 1×1 before the ${name}`,
  said: (module, times) => `The module takes ${module} multiply-adds; without its 1×1s, ${times} times as much.`,
};

/** What each number of the page is, and its unit. */
export const READOUTS = {
  "branch-1": ["first branch", "multiply-adds"],
  "branch-2": ["second branch", "multiply-adds"],
  "branch-3": ["third branch", "multiply-adds"],
  "branch-4": ["fourth branch", "multiply-adds"],
  module: ["the module", "multiply-adds"],
  plain: ["the module without its two 1×1", "multiply-adds"],
  times: ["without them by with them", "times"],
  sheet: ["the sheet that is pointed at", ""],
  reads: ["numbers that a cell of it reads", "numbers"],
  over: ["numbers of the input under them", "numbers"],
};
