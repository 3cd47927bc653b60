import { clockTime } from '../../ui/data/clock-time.ts';
import { Notice } from '../../ui/feedback/notice.tsx';
import { Stack } from '../../ui/layout/stack.tsx';
import { languageName } from '../job.ts';
import { speakerName, type Transcript, type Translated } from '../transcript/turns.ts';
import styles from './details.module.css';

/** What was made of a transcript and is read before it: a summary, and what could not be made. */
export function AddOns({ transcript }: { readonly transcript: Transcript }) {
  const summary = transcript.summary?.content;
  const failures = failuresOf(transcript.metadata);
  if (summary === undefined && failures.length === 0) return null;
  return (
    <div className={styles.before}>
      <Stack gap={5}>
        {failures.length === 0 ? null : (
          <Notice tone="warning" title="Not all that was asked for could be made">
            <ul className={styles.errors}>
              {failures.map((message) => (
                <li key={message}>{message}</li>
              ))}
            </ul>
          </Notice>
        )}
        {summary === undefined ? null : (
          <section>
            <h2 className={styles.heading}>Summary</h2>
            <p className={styles.prose}>{summary}</p>
          </section>
        )}
      </Stack>
    </div>
  );
}

/** The transcript in other languages. */
export function Translations({ transcript }: { readonly transcript: Transcript }) {
  const translations = Object.entries(transcript.translations ?? {});
  if (translations.length === 0) return null;
  return (
    <div className={styles.after}>
      <Stack gap={5}>
        {translations.map(([language, sentences]) => (
          <Translation key={language} language={language} sentences={sentences} />
        ))}
      </Stack>
    </div>
  );
}

interface TranslationProps {
  readonly language: string;
  readonly sentences: readonly Translated[];
}

function Translation({ language, sentences }: TranslationProps) {
  return (
    <section>
      <h2 className={styles.heading}>Translation: {languageName(language)}</h2>
      <ul className={styles.translation} lang={language.replace('_', '-')}>
        {sentences.map(({ start_time: start, content, speaker }) => (
          <li key={`${start} ${content}`} className={styles.sentence}>
            <span className={styles.muted}>
              {clockTime(start)} {speakerName(speaker)}
            </span>
            <span dir="auto">{content}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The messages of the lists of errors that the metadata holds, each by the name of what failed. */
function failuresOf(metadata: object): readonly string[] {
  const lists = Object.entries(metadata).filter(([name]) => name.endsWith('_errors'));
  return lists.flatMap(([, errors]) =>
    Array.isArray(errors) ? errors.map((error: { readonly message?: unknown }) => String(error.message)) : [],
  );
}
