import { delimited, editFields, integer, readFields } from './protobuf.ts';

/** Field numbers of `onnx.proto`. */
const MODEL = { graph: 7 };
const GRAPH = { node: 1, output: 12 };
const NODE = { output: 2, operator: 4, attribute: 5 };
const ATTRIBUTE = { graph: 6 };
const VALUE = { name: 1, type: 2 };
const TYPE = { tensor: 1 };
const TENSOR = { elementType: 1 };
const FLOAT = 1;

/**
 * Copies an ONNX model whose only top-level node is an `If` (a merged decoder), with values that exist by
 * the same name in both branches added to its outputs. Throws `RangeError` when the model has another shape.
 */
export function exposeBranchValues(model: Uint8Array, names: readonly string[]): Uint8Array {
  const declarations = Buffer.concat(names.map((name) => delimited(GRAPH.output, floatValue(name))));
  const nodeOutputs = Buffer.concat(names.map((name) => delimited(NODE.output, name)));
  const editBranch = (attribute: Uint8Array) =>
    Buffer.concat([attribute, delimited(ATTRIBUTE.graph, declarations)]);
  const editNode = (node: Uint8Array) => {
    if (operatorOf(node) !== 'If') throw new RangeError('not a merged decoder: a top-level node is no If');
    return Buffer.concat([editFields(node, NODE.attribute, editBranch), nodeOutputs]);
  };
  return editFields(model, MODEL.graph, (graph) =>
    Buffer.concat([editFields(graph, GRAPH.node, editNode), declarations]),
  );
}

function operatorOf(node: Uint8Array): string {
  for (const field of readFields(node)) {
    if (field.number === NODE.operator) return Buffer.from(field.content).toString();
  }
  return '';
}

/** A float tensor of any shape; the runtime infers the real one. */
function floatValue(name: string): Uint8Array {
  const tensor = integer(TENSOR.elementType, FLOAT);
  return Buffer.concat([delimited(VALUE.name, name), delimited(VALUE.type, delimited(TYPE.tensor, tensor))]);
}
