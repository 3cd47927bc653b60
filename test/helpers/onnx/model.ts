import { delimited, integer } from '../../../src/engines/moonshine/protobuf.ts';

/** Field numbers of `onnx.proto`. */
const MODEL = { irVersion: 1, graph: 7, opset: 8, metadata: 14 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, operator: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, integer: 3, string: 4, integers: 8, type: 20 };
const ATTRIBUTE_TYPE = { integer: 2, string: 3, integers: 7 };
const TENSOR = { dimension: 1, type: 2, name: 8, raw: 9 };
const VALUE = { name: 1, type: 2 };
const TYPES = { float: 1, int64: 7 };

type Attribute = number | readonly number[] | string;

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: keyof typeof TYPES;
  /** A text is a dimension of any length. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxConstant {
  readonly type: keyof typeof TYPES;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants?: Readonly<Record<string, OnnxConstant>>;
  readonly nodes: readonly OnnxNode[];
  readonly metadata: Readonly<Record<string, string | number>>;
}

/** Prints a small ONNX model, operator set 13: real input for libraries that load models, without real weights. */
export function onnxModel({ inputs, outputs, constants = {}, nodes, metadata }: OnnxGraph): Uint8Array {
  const graph = Buffer.concat([
    ...nodes.map((node) => delimited(GRAPH.node, printNode(node))),
    delimited(GRAPH.name, 'small'),
    ...Object.entries(constants).map(([name, constant]) =>
      delimited(GRAPH.initializer, printConstant(name, constant)),
    ),
    ...inputs.map((value) => delimited(GRAPH.input, printValue(value))),
    ...outputs.map((value) => delimited(GRAPH.output, printValue(value))),
  ]);
  return Buffer.concat([
    integer(MODEL.irVersion, 8),
    delimited(MODEL.graph, graph),
    delimited(MODEL.opset, Buffer.concat([delimited(1, ''), integer(2, 13)])),
    ...Object.entries(metadata).map(([key, value]) =>
      delimited(MODEL.metadata, Buffer.concat([delimited(1, key), delimited(2, String(value))])),
    ),
  ]);
}

function printNode({ operator, inputs, outputs, attributes = {} }: OnnxNode): Uint8Array {
  return Buffer.concat([
    ...inputs.map((name) => delimited(NODE.input, name)),
    ...outputs.map((name) => delimited(NODE.output, name)),
    delimited(NODE.operator, operator),
    ...Object.entries(attributes).map(([name, value]) =>
      delimited(NODE.attribute, Buffer.concat([delimited(ATTRIBUTE.name, name), printAttribute(value)])),
    ),
  ]);
}

function printAttribute(value: Attribute): Uint8Array {
  if (typeof value === 'string') {
    return Buffer.concat([
      delimited(ATTRIBUTE.string, value),
      integer(ATTRIBUTE.type, ATTRIBUTE_TYPE.string),
    ]);
  }
  if (typeof value === 'number') {
    return Buffer.concat([
      integer(ATTRIBUTE.integer, value),
      integer(ATTRIBUTE.type, ATTRIBUTE_TYPE.integer),
    ]);
  }
  return Buffer.concat([
    ...value.map((one) => integer(ATTRIBUTE.integers, one)),
    integer(ATTRIBUTE.type, ATTRIBUTE_TYPE.integers),
  ]);
}

function printConstant(name: string, { type, shape, values }: OnnxConstant): Uint8Array {
  const array = type === 'float' ? Float32Array.from(values) : BigInt64Array.from(values.map(BigInt));
  return Buffer.concat([
    ...shape.map((length) => integer(TENSOR.dimension, length)),
    integer(TENSOR.type, TYPES[type]),
    delimited(TENSOR.name, name),
    delimited(TENSOR.raw, new Uint8Array(array.buffer)),
  ]);
}

function printValue({ name, type, shape }: OnnxValue): Uint8Array {
  const dimensions = shape.map((one) =>
    delimited(1, typeof one === 'number' ? integer(1, one) : delimited(2, one)),
  );
  const tensor = Buffer.concat([integer(1, TYPES[type]), delimited(2, Buffer.concat(dimensions))]);
  return Buffer.concat([delimited(VALUE.name, name), delimited(VALUE.type, delimited(1, tensor))]);
}
