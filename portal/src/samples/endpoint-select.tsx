import { Field } from '../ui/field/field.tsx';
import { Select } from '../ui/field/select.tsx';
import type { Endpoint } from './endpoints.ts';

interface EndpointSelectProps {
  readonly endpoints: readonly Endpoint[];
  readonly value: Endpoint;
  readonly onValueChange: (id: string) => void;
}

/** The choice of an endpoint; nothing where there is only one. */
export function EndpointSelect({ endpoints, value, onValueChange }: EndpointSelectProps) {
  if (endpoints.length < 2) return null;
  return (
    <Field label="Endpoint">
      <Select
        value={value.id}
        options={endpoints.map(({ id, label }) => ({ value: id, label }))}
        onValueChange={onValueChange}
      />
    </Field>
  );
}
