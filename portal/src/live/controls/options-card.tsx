import { useQuery } from '@tanstack/react-query';
import { ErrorState } from '../../ui/feedback/error-state.tsx';
import { Checkbox } from '../../ui/field/checkbox.tsx';
import { Field } from '../../ui/field/field.tsx';
import { Select } from '../../ui/field/select.tsx';
import { Card } from '../../ui/layout/card.tsx';
import { Stack } from '../../ui/layout/stack.tsx';
import { type Language, languagesQuery } from '../session/features.ts';
import { offersEntities, type SessionOptions } from '../session/session-options.ts';

interface OptionsCardProps {
  readonly options: SessionOptions;
  readonly languages: readonly Language[];
  readonly onOptionsChange: (change: Partial<SessionOptions>) => void;
  /** While a session runs, only some can be changed. */
  readonly isRunning: boolean;
}

const DELAYS = [
  { value: '0.7', label: '0.7 seconds, soonest' },
  { value: '1', label: '1 second' },
  { value: '2', label: '2 seconds' },
  { value: '4', label: '4 seconds, most accurate' },
] as const;

/** How speech is heard. */
export function OptionsCard({ options, languages, onOptionsChange, isRunning }: OptionsCardProps) {
  return (
    <Card title="Options">
      <Stack gap={4}>
        <LanguageSelect
          language={options.language}
          languages={languages}
          isDisabled={isRunning}
          onLanguageChange={(language) => onOptionsChange({ language })}
        />
        <Field label="Longest delay" hint="From a word to its final form. More time, fewer mistakes.">
          <Select
            value={String(options.maxDelaySeconds)}
            options={DELAYS}
            onValueChange={(value) => onOptionsChange({ maxDelaySeconds: Number(value) })}
          />
        </Field>
        <Checkbox
          label="Partial words"
          hint="Shows a guess at once, which may still change."
          checked={options.hasPartials}
          onCheckedChange={(hasPartials) => onOptionsChange({ hasPartials })}
        />
        <Checkbox
          label="Punctuation"
          checked={options.hasPunctuation}
          disabled={isRunning}
          onCheckedChange={(hasPunctuation) => onOptionsChange({ hasPunctuation })}
        />
        {offersEntities(options.language) ? (
          <Checkbox
            label="Numbers and dates as figures"
            checked={options.hasEntities}
            disabled={isRunning}
            onCheckedChange={(hasEntities) => onOptionsChange({ hasEntities })}
          />
        ) : null}
      </Stack>
    </Card>
  );
}

interface LanguageSelectProps {
  readonly language: string;
  readonly languages: readonly Language[];
  readonly isDisabled: boolean;
  readonly onLanguageChange: (language: string) => void;
}

function LanguageSelect({ language, languages, isDisabled, onLanguageChange }: LanguageSelectProps) {
  const { error, isFetching, isSuccess, refetch } = useQuery(languagesQuery);
  if (error) {
    return (
      <ErrorState
        title="The languages could not be loaded"
        error={error}
        onRetry={() => refetch()}
        isRetrying={isFetching}
      />
    );
  }
  const hasNone = isSuccess && languages.length === 0;
  return (
    <Field label="Language" error={hasNone ? 'This server hears no language in real time.' : undefined}>
      <Select
        value={language}
        options={languages.map(({ code, name }) => ({ value: code, label: name }))}
        disabled={isDisabled || languages.length === 0}
        onValueChange={onLanguageChange}
      />
    </Field>
  );
}
