import { type FormEvent, useRef, useState } from 'react';
import { asProblem, type Problem } from '../api/problem.ts';

type Errors<Values> = Partial<Record<keyof Values & string, string>>;

interface FormOptions<Values> {
  readonly initial: Values;
  /** Sentences for the fields that are wrong. */
  readonly validate?: (values: Values) => Errors<Values>;
  /** Sends the values. What it rejects with is shown; what was typed stays. */
  readonly submit: (values: Values) => Promise<unknown>;
  /** The field a problem is about, where the server does not name it. */
  readonly fieldOf?: (problem: Problem) => Errors<Values> | undefined;
}

export interface Form<Values> {
  readonly values: Values;
  readonly set: (change: Partial<Values>) => void;
  /** `value` and `onValueChange` for the control of a field of text. */
  readonly text: <Name extends TextName<Values>>(name: Name) => TextControl<Values[Name]>;
  readonly errors: Errors<Values>;
  /** Why the last attempt failed, where no field is to blame. */
  readonly problem: Problem | undefined;
  readonly isBusy: boolean;
  readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  readonly reset: () => void;
}

type TextName<Values> = {
  [Name in keyof Values & string]: Values[Name] extends string ? Name : never;
}[keyof Values & string];

interface TextControl<Value> {
  readonly name: string;
  readonly value: Value;
  readonly onValueChange: (value: Value) => void;
}

/**
 * State of a form: values, errors beside the fields, one request at a time. Errors appear on the first attempt and go
 * as they are put right; the first wrong field takes the focus.
 */
export function useForm<Values extends object>(options: FormOptions<Values>): Form<Values> {
  const [values, setValues] = useState(options.initial);
  const [hasTried, setHasTried] = useState(false);
  const [refused, setRefused] = useState<Errors<Values>>({});
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setIsBusy] = useState(false);
  const isSending = useRef(false);
  const set = (change: Partial<Values>) => {
    setValues((before) => ({ ...before, ...change }));
    setRefused((before) => without(before, Object.keys(change)));
    setProblem(undefined);
  };
  const send = async (form: HTMLFormElement) => {
    isSending.current = true;
    setIsBusy(true);
    setProblem(undefined);
    try {
      await options.submit(values);
      setHasTried(false);
    } catch (cause) {
      const found = asProblem(cause);
      const errors = options.fieldOf?.(found) ?? namedField(found, values);
      if (errors === undefined) setProblem(found);
      else setRefused(errors);
      focusFirstWrong(form);
    } finally {
      isSending.current = false;
      setIsBusy(false);
    }
  };
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // React carries the event of a form in a dialog up to a form the dialog was opened from.
    event.stopPropagation();
    if (isSending.current) return;
    setHasTried(true);
    const isWrong = Object.keys(options.validate?.(values) ?? {}).length > 0;
    if (isWrong) focusFirstWrong(event.currentTarget);
    else void send(event.currentTarget);
  };
  return {
    values,
    set,
    text: (name) => ({
      name,
      value: values[name],
      onValueChange: (value) => set({ [name]: value } as unknown as Partial<Values>),
    }),
    errors: { ...refused, ...(hasTried ? options.validate?.(values) : {}) },
    problem,
    isBusy,
    onSubmit,
    reset: () => {
      setValues(options.initial);
      setHasTried(false);
      setRefused({});
      setProblem(undefined);
    },
  };
}

/** The field that the server names, if the form has it. */
function namedField<Values extends object>(problem: Problem, values: Values): Errors<Values> | undefined {
  const { field } = problem;
  if (field === undefined || !Object.hasOwn(values, field.name)) return undefined;
  return { [field.name]: field.message } as Errors<Values>;
}

function without<Values>(errors: Errors<Values>, names: readonly string[]): Errors<Values> {
  return Object.fromEntries(
    Object.entries(errors).filter(([name]) => !names.includes(name)),
  ) as Errors<Values>;
}

/** Waits for the errors to be drawn, then puts the focus where the first one is. */
function focusFirstWrong(form: HTMLFormElement): void {
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
