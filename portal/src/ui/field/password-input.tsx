import { useState } from 'react';
import { IconButton } from '../button/icon-button.tsx';
import { EyeIcon, EyeOffIcon } from '../icons/icons.tsx';
import styles from './field.module.css';
import { TextInput, type TextInputProps } from './text-input.tsx';

interface PasswordInputProps extends Omit<TextInputProps, 'type' | 'autoComplete'> {
  readonly autoComplete: 'current-password' | 'new-password';
}

/** A password, which can be looked at. */
export function PasswordInput(props: PasswordInputProps) {
  const [isShown, setIsShown] = useState(false);
  return (
    <div className={styles.withButton}>
      <TextInput
        {...props}
        type={isShown ? 'text' : 'password'}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
      />
      <IconButton
        size="small"
        label={isShown ? 'Hide password' : 'Show password'}
        icon={isShown ? <EyeOffIcon /> : <EyeIcon />}
        onClick={() => setIsShown(!isShown)}
      />
    </div>
  );
}
