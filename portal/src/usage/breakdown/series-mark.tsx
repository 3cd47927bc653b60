import { createContext, type ReactNode, useContext, useId } from 'react';
import styles from './breakdown.module.css';
import type { Series } from './series.ts';

const COLOURS = 6;
/** Drawn over the colour, so that no two layers differ by it alone. */
const TEXTURES: readonly ReactNode[] = [
  null,
  <path key="rising" d="M-2 2 2-2M0 8 8 0M6 10 10 6" />,
  <path key="dots" d="M2 2h.01M6 6h.01" strokeWidth={2.4} strokeLinecap="round" />,
  <path key="falling" d="M-2 6 2 10M0 0 8 8M6-2 10 2" />,
  <path key="lying" d="M0 2h8M0 6h8" />,
  <path key="grid" d="M0 4h8M4 0v8" />,
  <path key="standing" d="M2 0v8M6 0v8" />,
  <path key="crossed" d="M0 0 8 8M0 8 8 0" strokeWidth={0.9} />,
];

const colourOf = (series: Series, index: number): string =>
  series.isOther ? 'var(--text-muted)' : `var(--chart-${(index % COLOURS) + 1})`;

const Patterns = createContext('');

/** How the layer at a place is painted: the value of `fill` within an SVG. */
export function useFill(): (index: number) => string {
  const id = useContext(Patterns);
  return (index) => `url(#${id}${index})`;
}

interface SeriesPatternsProps {
  readonly series: readonly Series[];
  readonly children: ReactNode;
}

/** Defines how each layer looks, for the chart and the tables within. */
export function SeriesPatterns({ series, children }: SeriesPatternsProps) {
  // An id that needs no escape in url(#…).
  const id = `series${useId().replace(/\W/g, '')}-`;
  return (
    <Patterns value={id}>
      <svg className={styles.patterns} aria-hidden="true">
        <defs>
          {series.map((one, index) => (
            <pattern
              key={one.key}
              id={`${id}${index}`}
              width="8"
              height="8"
              patternUnits="userSpaceOnUse"
              stroke="var(--surface)"
              strokeWidth={1.4}
            >
              <rect width="8" height="8" fill={colourOf(one, index)} stroke="none" />
              {TEXTURES[index % TEXTURES.length]}
            </pattern>
          ))}
        </defs>
      </svg>
      {children}
    </Patterns>
  );
}

/** A patch that looks like the layer, before its name. */
export function SeriesMark({ index }: { readonly index: number }) {
  const fill = useFill();
  return (
    <svg className={styles.mark} viewBox="0 0 16 16" aria-hidden="true">
      <rect width="16" height="16" rx="3" fill={fill(index)} />
    </svg>
  );
}
