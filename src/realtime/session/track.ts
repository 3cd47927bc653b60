import type { Update } from '../../engines/engine.ts';
import type { Item } from '../../transcripts/item.ts';
import { printResults } from '../../transcripts/json-v2.ts';
import { printText } from '../../transcripts/printed-words.ts';
import type { ServerMessage, Transcript } from '../protocol/server-message.ts';

interface TrackOptions {
  /** Label of the channel, where channels are told apart. */
  readonly label: string | undefined;
  /** ISO 639 code. */
  readonly language: string;
  readonly wordDelimiter: string;
}

/** In silence a final without words shows that the audio is heard. */
const SILENT_FINAL_SECONDS = 5;

/**
 * The audio of a session, or of one of its channels, as the client sees it: what was received of it is numbered, what
 * was heard in it is printed. Each final is followed by a partial, the end of an utterance by EndOfUtterance (Speechmatics
 * real-time API; a client shows text only when a partial comes).
 */
export class Track {
  readonly label: string | undefined;
  hasPartials = false;
  /** The client sends no more. */
  isClosed = false;
  /** All that was heard has been said. */
  isDone = false;
  private readonly options: TrackOptions;
  private received = 0;
  private finalSeconds = 0;
  private hasOpenPartial = false;

  constructor(options: TrackOptions) {
    this.options = options;
    this.label = options.label;
  }

  /** The answer to one message with audio. */
  added(): ServerMessage {
    this.received += 1;
    const { label, received } = this;
    return label === undefined
      ? { message: 'AudioAdded', seq_no: received }
      : { message: 'ChannelAudioAdded', channel: label, seq_no: received };
  }

  *heard({ finals, finalSeconds, partials, heardSeconds, utteranceEnd }: Update): Generator<ServerMessage> {
    const forced = utteranceEnd === 'request' ? { forced: true as const } : {};
    const isFinal =
      finals.length > 0 ||
      utteranceEnd !== undefined ||
      finalSeconds - this.finalSeconds >= SILENT_FINAL_SECONDS ||
      (this.hasOpenPartial && partials.length === 0);
    if (isFinal) {
      yield { ...this.transcript('AddTranscript', finals, finalSeconds), ...forced };
      this.finalSeconds = finalSeconds;
    }
    if (this.hasPartials && (isFinal || partials.length > 0)) {
      const untilSeconds =
        partials.length > 0 ? Math.max(heardSeconds, this.finalSeconds) : this.finalSeconds;
      this.hasOpenPartial = partials.length > 0;
      yield { ...this.transcript('AddPartialTranscript', partials, untilSeconds), ...forced };
    }
    if (utteranceEnd === undefined) return;
    const at = roundTo2(finalSeconds);
    const metadata = { start_time: at, end_time: at };
    yield { message: 'EndOfUtterance', format: '2.9', metadata, ...this.channel(), ...forced };
  }

  private transcript(
    message: Transcript['message'],
    items: readonly Item[],
    untilSeconds: number,
  ): Transcript {
    const { language, wordDelimiter } = this.options;
    const own = this.label === undefined ? items : items.map((item) => ({ ...item, ...this.channel() }));
    const results = printResults(own, { language });
    const text = printText(results, wordDelimiter);
    // Finals are joined by those who read them, partials are shown as they are.
    const transcript = message === 'AddTranscript' && text !== '' ? `${text}${wordDelimiter}` : text;
    const metadata = {
      start_time: roundTo2(this.finalSeconds),
      end_time: roundTo2(untilSeconds),
      transcript,
    };
    return { message, format: '2.9', metadata, results, ...this.channel() };
  }

  private channel(): { readonly channel?: string } {
    return this.label === undefined ? {} : { channel: this.label };
  }
}

const roundTo2 = (seconds: number): number => Math.round(seconds * 100) / 100;
