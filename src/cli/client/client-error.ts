/** What a command for users exits with; beyond these, 128 and the number of the signal that ended it. */
export const EXIT = { done: 0, refused: 1, notRun: 2 } as const;

interface Circumstances {
  readonly exitCode: number;
  /** Whether the same may succeed in a moment. */
  readonly isPassing?: boolean;
}

/** Why a command did not do what was asked, in a sentence for the person at the terminal. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly exitCode: number;
  readonly isPassing: boolean;

  constructor(message: string, { exitCode, isPassing = false }: Circumstances) {
    super(message);
    this.exitCode = exitCode;
    this.isPassing = isPassing;
  }
}

export const notRun = (message: string): ClientError => new ClientError(message, { exitCode: EXIT.notRun });

export const refused = (message: string): ClientError => new ClientError(message, { exitCode: EXIT.refused });
