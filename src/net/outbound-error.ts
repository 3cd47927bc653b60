/**
 * Why an outbound request came to nothing. The message is for whoever named the URL: it tells nothing of the network
 * this server is in, so a name that leads to a private address and one that leads nowhere read alike. `cause` is for
 * the log.
 */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
}

/** An answer that is not 2xx. */
export class OutboundStatus extends OutboundError {
  readonly status: number;

  constructor(status: number) {
    super(`http status code ${status}`);
    this.status = status;
  }
}

export const unreachable = (cause: unknown): OutboundError =>
  new OutboundError('the host cannot be reached', { cause });
