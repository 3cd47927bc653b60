import { useId, useState } from 'react';
import { errorsOf } from '../../form/rules.ts';
import { useForm } from '../../form/use-form.ts';
import { Button } from '../../ui/button/button.tsx';
import { Field } from '../../ui/field/field.tsx';
import { type Option, Select } from '../../ui/field/select.tsx';
import { TextInput } from '../../ui/field/text-input.tsx';
import styles from '../usage.module.css';
import type { Dimension } from '../usage-query.ts';
import type { UsageChoice } from '../usage-search.ts';
import { DIMENSION_WORDS } from '../words.ts';
import { type Period, type Preset, periodError, presetOf, presetPeriod, utcToday } from './period.ts';

const PERIODS: readonly Option<Preset | 'own'>[] = [
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
  { value: '365', label: 'Last 365 days' },
  { value: 'month', label: 'This month' },
  { value: 'last-month', label: 'Last month' },
  { value: 'own', label: 'Days of your choice' },
];

const BREAKDOWNS: readonly Option<Dimension>[] = (Object.keys(DIMENSION_WORDS) as Dimension[]).map(
  (value) => ({
    value,
    label: value === 'day' ? 'Nothing, totals only' : DIMENSION_WORDS[value],
  }),
);

/** The choice of the days, and of what they are broken down by. */
export function PeriodControls({ choice: { period, by, choose } }: { readonly choice: UsageChoice }) {
  const preset = presetOf(period, utcToday());
  const [isOwn, setIsOwn] = useState(preset === undefined);
  const value = isOwn || preset === undefined ? 'own' : preset;
  const choosePeriod = (next: Preset | 'own') => {
    setIsOwn(next === 'own');
    if (next !== 'own') choose({ period: presetPeriod(next, utcToday()) });
  };
  return (
    <div className={styles.controls}>
      <div className={styles.control}>
        <Field label="Period">
          <Select value={value} options={PERIODS} onValueChange={choosePeriod} />
        </Field>
      </div>
      <div className={styles.control}>
        <Field label="Break down by">
          <Select value={by} options={BREAKDOWNS} onValueChange={(next) => choose({ by: next })} />
        </Field>
      </div>
      {value === 'own' ? (
        // A period from elsewhere, such as the button Back, starts the form anew.
        <OwnDays
          key={`${period.since} ${period.until}`}
          period={period}
          onChoose={(own) => choose({ period: own })}
        />
      ) : null}
    </div>
  );
}

interface OwnDaysProps {
  readonly period: Period;
  readonly onChoose: (period: Period) => void;
}

/** The first and the last day, chosen freely. */
function OwnDays({ period, onChoose }: OwnDaysProps) {
  const form = useForm<Period>({
    initial: period,
    validate: ({ since, until }) =>
      errorsOf({
        since: since === '' ? 'Choose a day.' : undefined,
        until: until === '' ? 'Choose a day.' : since === '' ? undefined : periodError({ since, until }),
      }),
    submit: async (own) => onChoose(own),
  });
  const id = useId();
  return (
    <form id={id} className={styles.ownDays} onSubmit={form.onSubmit} noValidate>
      <div className={styles.control}>
        <Field label="First day (UTC)" error={form.errors.since}>
          <TextInput {...form.text('since')} type="date" max="9999-12-31" />
        </Field>
      </div>
      <div className={styles.control}>
        <Field label="Last day (UTC)" error={form.errors.until}>
          <TextInput {...form.text('until')} type="date" max="9999-12-31" />
        </Field>
      </div>
      <Button type="submit">Show</Button>
    </form>
  );
}
