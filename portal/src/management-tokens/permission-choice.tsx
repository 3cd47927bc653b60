import { Checkbox } from '../ui/field/checkbox.tsx';
import styles from './management-tokens.module.css';
import { PERMISSIONS, type Permission } from './management-tokens.ts';

interface PermissionChoiceProps {
  readonly value: readonly Permission[];
  readonly onValueChange: (value: readonly Permission[]) => void;
  readonly error: string | undefined;
}

/** The permissions of a token, each with what it is for. */
export function PermissionChoice({ value, onValueChange, error }: PermissionChoiceProps) {
  const last = PERMISSIONS.length - 1;
  return (
    <fieldset className={styles.choice}>
      <legend className={styles.legend}>Permissions</legend>
      {PERMISSIONS.map((permission, index) => (
        <Checkbox
          key={permission.value}
          label={<code>{permission.value}</code>}
          hint={permission.hint}
          checked={value.includes(permission.value)}
          onCheckedChange={(isChecked) => onValueChange(withPermission(value, permission.value, isChecked))}
          // What is wrong with the group stands at its end.
          error={index === last ? error : undefined}
        />
      ))}
    </fieldset>
  );
}

function withPermission(
  value: readonly Permission[],
  permission: Permission,
  isGranted: boolean,
): readonly Permission[] {
  const others = value.filter((each) => each !== permission);
  return isGranted ? [...others, permission] : others;
}
