/** Every word of AnnotatedPaper. */

export const LABEL = "The paper, one square a claim";

export const CAPTION =
  "Squares stand in the order of the text. A number may be off by half of the last digit that the paper prints, and by " +
  "the allowance on top, in percent of the paper's number. Point at a square, or go through them with the arrow keys.";

export const PRESETS = [
  { id: "printed", label: "as printed", state: { allowance: 0 }, note: "" },
  { id: "one", label: "1 % more", state: { allowance: 1 }, note: "" },
  { id: "five", label: "5 % more", state: { allowance: 5 }, note: "" },
  { id: "ten", label: "10 % more", state: { allowance: 10 }, note: "" },
];

export const CHOICE = "How far off a number may be";
export const ALLOWANCE = "Allowance beyond the printed digits, %";
export const SIGNS = {
  holds: "✓", differs: "≠", "holds at this scale": "✓", "opposite at this scale": "≠", "not decided": "?", open: "…",
  "not reproducible here": "❝",
};
export const PART = (part) => (/^\d/.test(part) ? `§ ${part}` : part);
export const STRIP = "Claims, in the order of the text";
export const VALUES = ({ paper, ours }) => (ours ? `Paper: ${paper}; here: ${ours}.` : `Paper: ${paper}.`);
export const PLACE = ({ section, where }) => [PART(section), where].filter(Boolean).join(", ");
export const ROW = "its row below";
export const NONE = "No square is chosen yet.";
export const NEEDS = (needs) => `It would hold with ${needs.toLocaleString("en", { maximumFractionDigits: 1 })} % more.`;
export const NEVER = "No allowance makes it hold.";

export const spoken = (numbers) => `${numbers.holds} claims hold, ${numbers.differs} differ.`;

export const READOUTS = {
  holds: ["holds", "claims"],
  differs: ["differs", "claims"],
  "holds-small": ["holds at this scale", "claims"],
  "opposite-small": ["opposite at this scale", "claims"],
  undecided: ["not decided", "claims"],
  open: ["open", "claims"],
  quoted: ["not reproducible here", "claims"],
};
