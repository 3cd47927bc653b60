/** Why a model cannot be installed, verified or used, in a sentence for the operator. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}
