import { SearchIcon } from '../icons/icons.tsx';
import styles from './field.module.css';
import { TextInput } from './text-input.tsx';

interface SearchInputProps {
  /** What is searched: its name for a screen reader and its placeholder. */
  readonly label: string;
  readonly value: string;
  readonly onValueChange: (value: string) => void;
}

/** A search over what is on the page. */
export function SearchInput({ label, value, onValueChange }: SearchInputProps) {
  return (
    <span className={styles.search}>
      <SearchIcon />
      <TextInput
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onValueChange={onValueChange}
        autoComplete="off"
        spellCheck={false}
      />
    </span>
  );
}
