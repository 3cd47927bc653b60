import { CheckIcon, ShieldIcon } from '../ui/icons/icons.tsx';
import type { Sentence } from './sentences.ts';
import styles from './temporary-keys.module.css';

/** What a key allows, one sentence a line. */
export function SentenceList({ sentences }: { readonly sentences: readonly Sentence[] }) {
  return (
    <ul className={styles.sentences}>
      {sentences.map(({ kind, text }) => (
        <li key={text} data-kind={kind}>
          {kind === 'may' ? <CheckIcon /> : <ShieldIcon />}
          <span>{text}</span>
        </li>
      ))}
    </ul>
  );
}
