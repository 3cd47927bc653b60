/**
 * The wire format of Protocol Buffers at field level: enough to find a field and to append another. Adding
 * bytes at the end of a message is by definition a merge: repeated fields grow, embedded messages merge.
 */
interface Field {
  readonly number: number;
  /** Content of a length-delimited field; empty for the other wire types. */
  readonly content: Uint8Array;
  /** The whole field as it stands in the message, tag included. */
  readonly bytes: Uint8Array;
}

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const FIXED_32 = 5;

/** Yields the fields of a message as views of its bytes. Throws `RangeError` when it is not a message. */
export function* readFields(message: Uint8Array): Generator<Field> {
  let position = 0;
  const varint = (): number => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = message[position++];
      if (byte === undefined || factor > 2 ** 49) throw new RangeError('not a protobuf message');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (position < message.length) {
    const start = position;
    const tag = varint();
    const wireType = tag % 8;
    let contentLength = 0;
    if (wireType === DELIMITED) contentLength = varint();
    else if (wireType === VARINT) varint();
    else if (wireType === FIXED_64) position += 8;
    else if (wireType === FIXED_32) position += 4;
    else throw new RangeError(`unknown protobuf wire type ${wireType}`);
    const content = message.subarray(position, position + contentLength);
    position += contentLength;
    if (position > message.length) throw new RangeError('protobuf field runs past its message');
    yield { number: Math.floor(tag / 8), content, bytes: message.subarray(start, position) };
  }
}

/** Prints one length-delimited field. */
export function delimited(number: number, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([varintBytes(number * 8 + DELIMITED), varintBytes(bytes.length), bytes]);
}

/** Prints one integer field. */
export function integer(number: number, value: number): Uint8Array {
  return Buffer.concat([varintBytes(number * 8 + VARINT), varintBytes(value)]);
}

/** Copies a message with the content of every field `number` replaced by `edit` of it. */
export function editFields(
  message: Uint8Array,
  number: number,
  edit: (content: Uint8Array) => Uint8Array,
): Uint8Array {
  const fields = [...readFields(message)].map((field) =>
    field.number === number ? delimited(number, edit(field.content)) : field.bytes,
  );
  return Buffer.concat(fields);
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.from([...bytes, rest]);
}
