/** Every word of the figure. */

export const LABEL = "Three budgets of a network, layer by layer";

export const CAPTION =
  "Each bar is one budget of the same network, cut into its layers from the image (left) to the answer (right). The " +
  "bands join the same layer. Blue: 1×1 convolutions; green: larger ones; orange: 1×n and n×1; grey: fully connected. " +
  "Point at a layer, or drag the ring.";

export const PRESETS = ["AlexNet", "VGG-16", "GoogLeNet", "BN-Inception", "Inception-v3"].map((label, network) => ({
  id: label.toLowerCase(), label, state: { network }, note: `${label}, layer by layer`,
}));

export const WORDS = {
  params: "parameters",
  macs: "multiply-adds",
  activations: "activations",
  ring: "Layer of the network",
  layer: "Layer",
  of: "of",
  has: { params: "of the parameters", macs: "of the multiply-adds", activations: "of the activations" },
  said: (name, params, macs) => `${name}: ${params} of the parameters, ${macs} of the multiply-adds.`,
};

/** What each number of the page is, and its unit. */
export const READOUTS = {
  params: ["parameters", ""],
  macs: ["multiply-adds for one image", ""],
  activations: ["numbers that its layers write for one image", ""],
  layer: ["the layer that is pointed at", ""],
  layers: ["layers with weights", ""],
  "layer-params": ["its share of the parameters", "%"],
  "layer-macs": ["its share of the multiply-adds", "%"],
  "layer-activations": ["its share of the activations", "%"],
};
