import { useState } from 'react';
import { CopyButton } from '../button/copy-button.tsx';
import { Tabs } from '../layout/tabs.tsx';
import styles from './code.module.css';

export interface CodeSample {
  /** Shown on the tab: "curl", "JavaScript". */
  readonly language: string;
  readonly code: string;
}

interface CodeBlockProps {
  /** What the code does, for screen readers. */
  readonly label: string;
  readonly samples: readonly CodeSample[];
}

/** Code to copy, in one language or with a tab for each. */
export function CodeBlock({ label, samples }: CodeBlockProps) {
  const [language, setLanguage] = useState(samples[0]?.language ?? '');
  const [only] = samples;
  if (samples.length === 1 && only !== undefined) return <Code label={label} code={only.code} />;
  return (
    <Tabs
      label={label}
      value={language}
      onValueChange={setLanguage}
      tabs={samples.map((sample) => ({
        value: sample.language,
        label: sample.language,
        content: <Code label={`${label}: ${sample.language}`} code={sample.code} />,
      }))}
    />
  );
}

function Code({ label, code }: { readonly label: string; readonly code: string }) {
  return (
    <div className={styles.code}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: code that is too wide is scrolled by keyboard */}
      <section className={styles.scroll} aria-label={label} tabIndex={0}>
        <pre className={styles.pre}>
          <code>{code}</code>
        </pre>
      </section>
      <div className={styles.copy}>
        <CopyButton text={code} label="Copy code" />
      </div>
    </div>
  );
}
