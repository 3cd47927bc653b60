import { describe, expect, it } from 'vitest';
import { parsePage } from './prometheus.ts';

const PAGE = `# HELP a_total Help, with "quotes".
# TYPE a_total counter
a_total{x="1\\"}\\\\\\n",y=""} 3
a_total 4

# HELP b_seconds B.
# TYPE b_seconds histogram
b_seconds_bucket{le="+Inf"} 1
b_seconds_sum 0.5
b_seconds_count 1
`;

describe('a page of metrics', () => {
  it('is read', () => {
    expect(parsePage(PAGE)).toEqual([
      {
        name: 'a_total',
        type: 'counter',
        help: 'Help, with "quotes".',
        samples: [
          { name: 'a_total', labels: { x: '1"}\\\n', y: '' }, value: 3 },
          { name: 'a_total', labels: {}, value: 4 },
        ],
      },
      {
        name: 'b_seconds',
        type: 'histogram',
        help: 'B.',
        samples: [
          { name: 'b_seconds_bucket', labels: { le: '+Inf' }, value: 1 },
          { name: 'b_seconds_sum', labels: {}, value: 0.5 },
          { name: 'b_seconds_count', labels: {}, value: 1 },
        ],
      },
    ]);
  });

  it.each([
    ['no end', PAGE.trimEnd()],
    ['a sample of nothing', 'a_total 1\n'],
    ['a sample of something else', `${PAGE}a_total 5\n`],
    ['a series twice', `${PAGE}b_seconds_sum 0.5\n`],
    ['a type twice', `${PAGE}# HELP a_total A.\n# TYPE a_total counter\n`],
    ['no help', '# TYPE a counter\na 1\n'],
    ['no number', PAGE.replace('0.5', 'half')],
    ['an open label', PAGE.replace('y=""', 'y="')],
    ['a label twice', PAGE.replace('y=""', 'x=""')],
  ])('is refused with %s', (_, page) => {
    expect(() => parsePage(page)).toThrow();
  });
});
