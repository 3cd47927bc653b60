import type { ReactNode } from 'react';

interface IconProps {
  /** In pixels; 16 when absent. */
  readonly size?: number;
}

/** Icons are decoration: the control that holds one has the words. */
function draw({ size = 16 }: IconProps, shape: ReactNode) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {shape}
    </svg>
  );
}

export const CheckIcon = (props: IconProps) => draw(props, <path d="M3 8.5 6.4 12 13 4.5" />);
export const CloseIcon = (props: IconProps) => draw(props, <path d="m4 4 8 8m0-8-8 8" />);
export const PlusIcon = (props: IconProps) => draw(props, <path d="M8 3v10M3 8h10" />);
export const ChevronDownIcon = (props: IconProps) => draw(props, <path d="m4 6.2 4 4 4-4" />);
export const ChevronRightIcon = (props: IconProps) => draw(props, <path d="m6.2 4 4 4-4 4" />);
export const ChevronsIcon = (props: IconProps) => draw(props, <path d="m5 6.2 3-3 3 3m-6 3.6 3 3 3-3" />);
export const ArrowUpIcon = (props: IconProps) => draw(props, <path d="M8 13V3.2m-4 4 4-4 4 4" />);
export const ArrowDownIcon = (props: IconProps) => draw(props, <path d="M8 3v9.8m-4-4 4 4 4-4" />);
export const ArrowLeftIcon = (props: IconProps) => draw(props, <path d="M13 8H3.2m4-4-4 4 4 4" />);
export const MoreIcon = (props: IconProps) =>
  draw(
    props,
    <g fill="currentColor" stroke="none">
      <circle cx="3.2" cy="8" r="1.2" />
      <circle cx="8" cy="8" r="1.2" />
      <circle cx="12.8" cy="8" r="1.2" />
    </g>,
  );
export const CopyIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.6" />
      <path d="M10.5 3.2A1 1 0 0 0 9.6 2.5H3.7a1.2 1.2 0 0 0-1.2 1.2v5.9c0 .5.3.8.7.9" />
    </>,
  );
export const DownloadIcon = (props: IconProps) =>
  draw(props, <path d="M8 2.5v7.3m-3-3 3 3 3-3M2.8 12.2v1.3h10.4v-1.3" />);
export const UploadIcon = (props: IconProps) =>
  draw(props, <path d="M8 10V2.7m-3 3 3-3 3 3M2.8 12.2v1.3h10.4v-1.3" />);
export const TrashIcon = (props: IconProps) =>
  draw(props, <path d="M2.8 4.2h10.4M6.2 4V2.7h3.6V4m-5.6.2.6 9.1h6.4l.6-9.1M6.8 6.8v4m2.4-4v4" />);
export const EditIcon = (props: IconProps) =>
  draw(props, <path d="m10.4 3 2.6 2.6-7.3 7.3-3.2.6.6-3.2L10.4 3Zm-1.6 1.6 2.6 2.6" />);
export const RefreshIcon = (props: IconProps) =>
  draw(props, <path d="M13 8a5 5 0 1 1-1.6-3.7M13.2 2.3v2.6h-2.6" />);
export const SearchIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <circle cx="7" cy="7" r="4.3" />
      <path d="m10.2 10.2 3.3 3.3" />
    </>,
  );
export const EyeIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <path d="M1.6 8S4 3.6 8 3.6 14.4 8 14.4 8 12 12.4 8 12.4 1.6 8 1.6 8Z" />
      <circle cx="8" cy="8" r="1.9" />
    </>,
  );
export const EyeOffIcon = (props: IconProps) =>
  draw(
    props,
    <path d="M6.3 3.8A6 6 0 0 1 8 3.6C12 3.6 14.4 8 14.4 8a11 11 0 0 1-1.8 2.3M9.4 9.4a1.9 1.9 0 0 1-2.7-2.7M4.5 4.9A10.6 10.6 0 0 0 1.6 8S4 12.4 8 12.4a6.3 6.3 0 0 0 2.9-.7M2.5 2.5l11 11" />,
  );
export const MenuIcon = (props: IconProps) => draw(props, <path d="M2.5 4.3h11M2.5 8h11M2.5 11.7h11" />);
export const SunIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <circle cx="8" cy="8" r="2.7" />
      <path d="M8 1.6v1.2m0 10.4v1.2M1.6 8h1.2m10.4 0h1.2M3.5 3.5l.8.8m7.4 7.4.8.8m0-9-.8.8m-7.4 7.4-.8.8" />
    </>,
  );
export const MoonIcon = (props: IconProps) =>
  draw(props, <path d="M13.3 9.6A5.7 5.7 0 0 1 6.4 2.7a5.7 5.7 0 1 0 6.9 6.9Z" />);
export const ScreenIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <rect x="1.8" y="2.8" width="12.4" height="8.4" rx="1.3" />
      <path d="M5.5 13.5h5M8 11.2v2.3" />
    </>,
  );
export const InfoIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.4v3.4M8 5.1v.1" />
    </>,
  );
export const WarningIcon = (props: IconProps) =>
  draw(props, <path d="M8 2.4 14.3 13.3H1.7L8 2.4Zm0 4.2v3.2m0 1.9v.1" />);
export const HomeIcon = (props: IconProps) =>
  draw(props, <path d="m2.5 7.2 5.5-4.7 5.5 4.7v6.3H9.7V9.6H6.3v3.9H2.5V7.2Z" />);
export const FileIcon = (props: IconProps) =>
  draw(
    props,
    <path d="M9.3 1.8H4.2a.9.9 0 0 0-.9.9v10.6c0 .5.4.9.9.9h7.6c.5 0 .9-.4.9-.9V5.2L9.3 1.8Zm0 0v3.4h3.4M5.7 8.4h4.6m-4.6 2.7h3.2" />,
  );
export const MicrophoneIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <rect x="5.8" y="1.7" width="4.4" height="7.6" rx="2.2" />
      <path d="M3.3 7.6a4.7 4.7 0 0 0 9.4 0M8 12.3v2" />
    </>,
  );
export const StopIcon = (props: IconProps) =>
  draw(props, <rect x="3.8" y="3.8" width="8.4" height="8.4" rx="1.2" />);
export const PlayIcon = (props: IconProps) => draw(props, <path d="M4.5 2.8v10.4L13 8 4.5 2.8Z" />);
export const PauseIcon = (props: IconProps) => draw(props, <path d="M5.3 3v10m5.4-10v10" />);
export const KeyIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <circle cx="5.2" cy="10.8" r="3" />
      <path d="m7.4 8.6 6-6M11.4 4.6l1.8 1.8M9.6 6.4l1.2 1.2" />
    </>,
  );
export const ClockIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.6V8l2.3 1.7" />
    </>,
  );
export const FolderIcon = (props: IconProps) =>
  draw(
    props,
    <path d="M1.8 12V4c0-.6.4-1 1-1h3.3l1.6 1.8h5.5c.6 0 1 .4 1 1V12c0 .6-.4 1-1 1H2.8a1 1 0 0 1-1-1Z" />,
  );
export const PeopleIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <circle cx="6" cy="5.3" r="2.5" />
      <path d="M1.6 13.3c0-2.4 2-4 4.4-4s4.4 1.6 4.4 4M10.6 3a2.5 2.5 0 0 1 0 4.6m1.6 2c1.4.6 2.2 1.9 2.2 3.7" />
    </>,
  );
export const ShieldIcon = (props: IconProps) =>
  draw(
    props,
    <path d="M8 1.8 2.9 3.7v4c0 3 2.1 5.3 5.1 6.5 3-1.2 5.1-3.5 5.1-6.5v-4L8 1.8Zm-2.2 6 1.6 1.6 2.9-3" />,
  );
export const ChartIcon = (props: IconProps) =>
  draw(props, <path d="M2.3 2.3v11.4h11.4M5.3 11V8.3M8.3 11V5m3 6V6.8" />);
export const ServerIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <rect x="2" y="2.5" width="12" height="4.7" rx="1.2" />
      <rect x="2" y="8.8" width="12" height="4.7" rx="1.2" />
      <path d="M4.7 4.850v.01M4.7 11.150v.01" />
    </>,
  );
export const ListIcon = (props: IconProps) =>
  draw(props, <path d="M5.8 4h7.7M5.8 8h7.7m-7.7 4h7.7M2.7 4v.01M2.7 8v.01M2.7 12v.01" />);
export const SettingsIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <path d="M2 4.7h6.4m3.4 0H14M2 11.3h2.2m3.4 0H14" />
      <circle cx="10.1" cy="4.7" r="1.7" />
      <circle cx="5.9" cy="11.3" r="1.7" />
    </>,
  );
export const PersonIcon = (props: IconProps) =>
  draw(
    props,
    <>
      <circle cx="8" cy="5.3" r="2.8" />
      <path d="M2.8 13.8c.4-2.7 2.5-4.2 5.2-4.2s4.8 1.5 5.2 4.2" />
    </>,
  );
export const SignOutIcon = (props: IconProps) =>
  draw(props, <path d="M6.3 2.5H3.2v11h3.1M6.5 8h7.2m-2.7-2.7L13.7 8 11 10.7" />);
