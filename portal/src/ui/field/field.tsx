import { createContext, type ReactNode, useContext, useId, useMemo } from 'react';
import { WarningIcon } from '../icons/icons.tsx';
import styles from './field.module.css';

interface FieldProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  /** What is wrong with the value; read out when it appears. */
  readonly error?: string | undefined;
  readonly isOptional?: boolean;
  /** Keeps the label for screen readers alone. */
  readonly isLabelHidden?: boolean;
  readonly children: ReactNode;
}

interface FieldControl {
  readonly id?: string;
  readonly 'aria-describedby'?: string | undefined;
  readonly 'aria-invalid'?: true | undefined;
}

const FieldContext = createContext<FieldControl>({});

/** The attributes that tie a control to the label, hint and error of the Field around it. */
export const useFieldControl = (): FieldControl => useContext(FieldContext);

/** A label, one control, and what is to be said about it. */
export function Field(props: FieldProps) {
  const { label, hint, error, isOptional = false, isLabelHidden = false, children } = props;
  const id = useId();
  const hasHint = hint !== undefined;
  const hasError = error !== undefined;
  const control = useMemo<FieldControl>(() => {
    const describedBy = [hasError ? `${id}error` : '', hasHint ? `${id}hint` : ''].filter(Boolean).join(' ');
    return {
      id,
      'aria-describedby': describedBy === '' ? undefined : describedBy,
      'aria-invalid': hasError ? true : undefined,
    };
  }, [id, hasHint, hasError]);
  return (
    <div className={styles.field}>
      <label className={isLabelHidden ? styles.labelHidden : styles.label} htmlFor={id}>
        {label}
        {isOptional ? <span className={styles.optional}>Optional</span> : null}
      </label>
      <FieldContext value={control}>{children}</FieldContext>
      <FieldError id={`${id}error`} error={error} />
      {hasHint ? (
        <div className={styles.hint} id={`${id}hint`}>
          {hint}
        </div>
      ) : null}
    </div>
  );
}

export function FieldError({ id, error }: { readonly id: string; readonly error: string | undefined }) {
  return (
    <div id={id} aria-live="polite" className={error === undefined ? undefined : styles.error}>
      {error === undefined ? null : (
        <>
          <WarningIcon size={14} />
          <span>{error}</span>
        </>
      )}
    </div>
  );
}
