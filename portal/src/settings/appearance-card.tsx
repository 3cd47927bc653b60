import { SegmentedControl } from '../ui/field/radio-group.tsx';
import { Card } from '../ui/layout/card.tsx';
import { chooseTheme, type ThemeChoice, useTheme } from '../ui/theme/theme.ts';

const CHOICES: readonly { readonly value: ThemeChoice; readonly label: string }[] = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export function AppearanceCard() {
  return (
    <Card title="Appearance" description="Kept in this browser.">
      <SegmentedControl label="Theme" value={useTheme()} choices={CHOICES} onValueChange={chooseTheme} />
    </Card>
  );
}
