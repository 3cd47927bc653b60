import type { Decoder } from '../../audio/decoder.ts';
import type { Engine } from '../../engines/engine.ts';
import type { Item } from '../../transcripts/item.ts';
import { languageOf } from '../config/parse.ts';
import type { JobConfig } from '../config/schema.ts';

interface Deps {
  readonly decoder: Decoder;
  readonly engine: Engine;
}

/** What is said in a recording, as the config asks for it. Decoding and recognition overlap. */
export async function recognize(
  { decoder, engine }: Deps,
  path: string,
  config: JobConfig,
  signal: AbortSignal,
): Promise<Item[]> {
  const items: Item[] = [];
  const samples = decoder.decode(path, signal);
  const options = { language: languageOf(config) };
  for await (const item of engine.recognizeFile(samples, options, signal)) items.push(item);
  return items;
}
