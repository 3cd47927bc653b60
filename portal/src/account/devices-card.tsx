import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type Answer, answerOf, api } from '../api/client.ts';
import { FormProblem } from '../form/form-problem.tsx';
import { Button } from '../ui/button/button.tsx';
import { Badge } from '../ui/data/badge.tsx';
import { type Column, Table } from '../ui/data/table.tsx';
import { Time } from '../ui/data/time.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Card } from '../ui/layout/card.tsx';
import { Row } from '../ui/layout/stack.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import styles from './account.module.css';
import { deviceName } from './device-name.ts';

type Device = Answer<'/portal/api/account/devices', 'get'>[number];

export const devicesQuery = queryOptions({
  queryKey: ['account', 'devices'],
  queryFn: ({ signal }) => answerOf(api.GET('/portal/api/account/devices', { signal })),
});

/** Where the account is signed in. */
export function DevicesCard() {
  const client = useQueryClient();
  const devices = useQuery(devicesQuery);
  const refresh = () => client.invalidateQueries({ queryKey: devicesQuery.queryKey });
  const signOut = useMutation({
    mutationFn: (device: Device) =>
      answerOf(
        api.DELETE('/portal/api/account/devices/{device_id}', {
          params: { path: { device_id: device.device_id } },
        }),
      ),
    onSuccess: (_answer, device) => {
      toast.done(`${deviceName(device.user_agent)} is signed out.`);
      return refresh();
    },
  });
  const signOutOthers = useMutation({
    mutationFn: () => answerOf(api.POST('/portal/api/account/devices/sign-out-others')),
    onSuccess: () => {
      toast.done('All other devices are signed out.');
      return refresh();
    },
  });
  const hasOthers = devices.data?.some((device) => !device.is_current) ?? false;
  return (
    <Card
      title="Signed-in devices"
      description="Sign out a device that you no longer use or do not know."
      isFlush
      actions={
        hasOthers ? (
          <Button isBusy={signOutOthers.isPending} onClick={() => signOutOthers.mutate()}>
            Sign out all others
          </Button>
        ) : undefined
      }
    >
      <div className={styles.problem}>
        <FormProblem problem={signOut.error ?? signOutOthers.error} />
      </div>
      {devices.error !== null && devices.data === undefined ? (
        <ErrorState error={devices.error} onRetry={() => devices.refetch()} isRetrying={devices.isFetching} />
      ) : (
        <Table
          label="Signed-in devices"
          columns={columns(
            (device) => signOut.mutate(device),
            signOut.isPending ? signOut.variables : undefined,
          )}
          rows={devices.data ?? []}
          rowKey={(device) => device.device_id}
          skeletonRows={devices.isPending ? 2 : undefined}
        />
      )}
    </Card>
  );
}

const columns = (onSignOut: (device: Device) => void, leaving: Device | undefined): Column<Device>[] => [
  {
    key: 'device',
    header: 'Device',
    isName: true,
    cell: (device) => (
      <Row>
        <span title={device.user_agent ?? undefined}>{deviceName(device.user_agent)}</span>
        {device.is_current ? <Badge tone="accent">This device</Badge> : null}
      </Row>
    ),
  },
  { key: 'address', header: 'Address', cell: (device) => device.address ?? 'Unknown' },
  { key: 'seen', header: 'Last seen', cell: (device) => <Time value={device.last_seen_at} /> },
  { key: 'since', header: 'Signed in', cell: (device) => <Time value={device.created_at} /> },
  {
    key: 'actions',
    header: 'Actions',
    isActions: true,
    cell: (device) =>
      device.is_current ? null : (
        <Button
          size="small"
          isBusy={leaving?.device_id === device.device_id}
          onClick={() => onSignOut(device)}
        >
          Sign out
        </Button>
      ),
  },
];
