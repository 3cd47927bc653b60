import { TracerProvider } from '@opentelemetry/sdk-trace';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { startCollector } from '../../test/helpers/collector.ts';
import { boundedExport } from './bounded-export.ts';
import { createExporter } from './exporter.ts';

/** Spans on their way to a collector that answers as it is told. */
async function exporting(maxWaiting: number) {
  const answer = { status: 200, when: Promise.resolve() };
  const collector = await startCollector(async (response) => {
    await answer.when;
    response.writeHead(answer.status).end('{}');
  });
  onTestFinished(() => collector.close());
  const fates: Record<string, number> = {};
  const said: string[] = [];
  const log = pino({}, { write: (line: string) => void said.push(JSON.parse(line).msg) });
  const processor = boundedExport({
    exporter: await createExporter(collector.url, { protocol: 'http/json', headers: {} }),
    count: (fate, spans) => {
      fates[fate] = (fates[fate] ?? 0) + spans;
    },
    log,
    maxWaiting,
  });
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('test');
  const end = (count: number) => {
    for (let ended = 0; ended < count; ended += 1) tracer.startSpan('job').end();
  };
  const flush = () => processor.forceFlush().catch(() => {});
  return { answer, collector, fates, said, end, flush };
}

it('spans that find the queue full are counted; there is room again once some were sent', async () => {
  const { answer, collector, fates, end, flush } = await exporting(3);
  let goOn = () => {};
  answer.when = new Promise((resolve) => {
    goOn = resolve;
  });
  end(3); // on their way at once
  end(5);
  expect(fates).toEqual({ dropped: 2 });
  goOn();
  await flush();
  await expect.poll(() => fates).toEqual({ dropped: 2, exported: 6 });
  end(1);
  await flush();
  expect(fates).toEqual({ dropped: 2, exported: 7 });
  expect(collector.spans()).toHaveLength(7);
});

it('a collector that is away is mentioned once, and once that it is back', async () => {
  const { answer, fates, said, end, flush } = await exporting(100);
  const send = async (status: number) => {
    answer.status = status;
    end(2);
    await flush();
  };
  for (const status of [200, 400, 401, 404, 200, 200, 500]) await send(status);
  expect(fates).toEqual({ exported: 6, failed: 8 });
  expect(said).toEqual([
    'traces cannot be exported; that is said once',
    'traces are exported again',
    'traces cannot be exported; that is said once',
  ]);
});
