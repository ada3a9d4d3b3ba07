/**
 * The shared kit: what every widget draws, writes and listens with. A widget imports it as "#kit";
 * the build leaves it out of the widget's own module, so that a page carries it once.
 */

export * from "./colour.js";
export * from "./dom.js";
export * from "./format.js";
export * from "./shapes.js";
export * from "./ui.js";
