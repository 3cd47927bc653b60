import styles from './account.module.css';

/** Tells a password manager which account the passwords of a form are for. */
export function HiddenUsername({ email }: { readonly email: string }) {
  return (
    <input
      className={styles.username}
      name="username"
      autoComplete="username"
      value={email}
      readOnly
      tabIndex={-1}
      aria-hidden="true"
    />
  );
}
