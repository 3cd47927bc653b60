import type { InferenceSession, Tensor } from 'onnxruntime-node';

/** How models are run here. `threads`: how many threads one inference may use. */
export function sessionOptions(threads: number): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: {
      session: {
        // Idle threads that spin steal the processor from the other engine processes and from the server.
        intra_op: { allow_spinning: '0' },
        // Unfolds the quantised embedding once, not at every token: 18 % less time to recognise, for
        // 70 MB more and loading half a second longer.
        disable_quant_qdq: '1',
      },
    },
  };
}

/** What a session returns, by output name. */
export type Outputs = InferenceSession.OnnxValueMapType;

/** One output as a tensor. Throws `TypeError` when the model has none of this name: these are other weights. */
export function outputOf(outputs: Outputs, name: string): Tensor {
  const value = outputs[name];
  if (!value || !('dims' in value)) throw new TypeError(`the model has no output ${name}`);
  return value as Tensor;
}

/** The numbers of one float output. */
export function floatsOf(outputs: Outputs, name: string): Float32Array {
  const { data } = outputOf(outputs, name);
  if (!(data instanceof Float32Array)) throw new TypeError(`the model's output ${name} is not float`);
  return data;
}
