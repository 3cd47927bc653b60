import { availableParallelism } from 'node:os';
import { choice, file, integer, type Option, OptionError, optionalText } from '../base/option.ts';
import type { EngineName } from './registry.ts';

export const engineOptions = {
  name: choice({
    env: 'PARLEY_ENGINE',
    doc: 'Speech recognition: `moonshine` is embedded and knows English; `sherpa-onnx` runs a model that was installed with `parley models`; `speechmatics` hands speech to another server; `scripted` counts, for tests and benches.',
    default: 'moonshine',
    of: ['moonshine', 'sherpa-onnx', 'speechmatics', 'scripted'] satisfies readonly EngineName[],
  }),
  model: optionalText({
    env: 'PARLEY_MODEL',
    doc: 'Name of the installed model that `sherpa-onnx` runs; see [models](models.md).',
  }),
  diarizationModel: optionalText({
    env: 'PARLEY_DIARIZATION_MODEL',
    doc: 'Name of the installed model that tells speakers apart, with any engine. Unset: `diarization: speaker` is refused.',
  }),
  upstreamUrl: {
    ...optionalText({
      env: 'PARLEY_UPSTREAM_URL',
      doc: 'Address of the server that recognises for `speechmatics`, `ws://` or `wss://`, for example `ws://transcriber:9000/v2`; see [an upstream](upstream.md).',
    }),
    parse: parseUpstreamUrl,
  },
  upstreamTokenFile: file({
    env: 'PARLEY_UPSTREAM_TOKEN_FILE',
    doc: "File with the bearer token for the upstream, read at start. Unset: it gets none. Callers' keys are never passed on.",
  }),
  upstreamCaFile: file({
    env: 'PARLEY_UPSTREAM_CA_FILE',
    doc: 'File with the certificates, PEM, that the certificate of a `wss://` upstream may be signed by, in place of the well-known ones.',
  }),
  upstreamLanguages: {
    env: 'PARLEY_UPSTREAM_LANGUAGES',
    doc: 'Codes of the languages that the upstream is asked for, separated by commas.',
    defaultText: 'en',
    defaultValue: ['en'],
    parse: parseLanguages,
  } satisfies Option<readonly string[]>,
  processes: {
    ...integer({
      env: 'PARLEY_ENGINE_PROCESSES',
      doc: 'How many recordings are recognised at once, each in a process of its own (about 0.45 GB with `moonshine`). Processes are started when there is work for them.',
      default: availableParallelism(),
      min: 1,
      max: 64,
    }),
    defaultText: 'number of processors',
  },
  liveProcesses: {
    ...integer({
      env: 'PARLEY_LIVE_ENGINE_PROCESSES',
      doc: 'Processes that listen to real-time sessions, each to several at once. Started when there is work for them.',
      default: availableParallelism(),
      min: 1,
      max: 64,
    }),
    defaultText: 'number of processors',
  },
  threads: integer({
    env: 'PARLEY_ENGINE_THREADS',
    doc: 'Processor threads one engine process may use. More processes gain more than more threads.',
    default: 1,
    min: 1,
    max: 64,
  }),
};

/** The text is not repeated: people put credentials where none belong. */
function parseUpstreamUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSound = url !== undefined && /^wss?:$/.test(url.protocol) && url.hash === '' && url.username === '';
  if (!isSound || url.password !== '') {
    throw new OptionError(
      'must be an address that begins with ws:// or wss://, without user, password and #',
    );
  }
  return url.href;
}

function parseLanguages(text: string): readonly string[] {
  const codes = text.split(',').map((code) => code.trim());
  const wrong = codes.find((code) => !/^[a-z]{2,8}([_-][A-Za-z0-9-]+)*$/.test(code));
  if (wrong !== undefined) throw new OptionError(`must list codes of languages, not "${wrong}"`);
  return [...new Set(codes)];
}
