import { Stack } from '../../ui/layout/stack.tsx';
import { KeyDecoder } from './key-decoder.tsx';
import { RequestLookUp } from './request-look-up.tsx';

/** What a key allows, and why a request was refused. */
export function InspectTab() {
  return (
    <Stack gap={5}>
      <KeyDecoder />
      <RequestLookUp />
    </Stack>
  );
}
