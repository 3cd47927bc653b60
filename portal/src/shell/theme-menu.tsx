import { IconButton } from '../ui/button/icon-button.tsx';
import { MoonIcon, ScreenIcon, SunIcon } from '../ui/icons/icons.tsx';
import { Menu } from '../ui/overlay/menu.tsx';
import { chooseTheme, type ThemeChoice, useTheme } from '../ui/theme/theme.ts';

const CHOICES: readonly {
  readonly value: ThemeChoice;
  readonly label: string;
  readonly Icon: typeof SunIcon;
}[] = [
  { value: 'system', label: 'As the system', Icon: ScreenIcon },
  { value: 'light', label: 'Light', Icon: SunIcon },
  { value: 'dark', label: 'Dark', Icon: MoonIcon },
];

/** The choice between light and dark. */
export function ThemeMenu() {
  const theme = useTheme();
  const { Icon } = CHOICES.find((choice) => choice.value === theme) ?? { Icon: ScreenIcon };
  return (
    <Menu
      trigger={<IconButton label="Theme" icon={<Icon />} />}
      groups={[
        {
          label: 'Theme',
          actions: CHOICES.map(({ value, label, Icon: ChoiceIcon }) => ({
            label,
            icon: <ChoiceIcon />,
            isChecked: value === theme,
            onSelect: () => chooseTheme(value),
          })),
        },
      ]}
    />
  );
}
