import { useQuery } from '@tanstack/react-query';
import type { Form } from '../../form/use-form.ts';
import { workspaceDetailsQuery } from '../../samples/workspace-details.ts';
import { useSignedIn } from '../../shell/session/signed-in.tsx';
import { useWorkspace } from '../../shell/workspace/use-workspace.ts';
import { Field } from '../../ui/field/field.tsx';
import { Select } from '../../ui/field/select.tsx';
import styles from './create.module.css';
import type { Values } from './form-values.ts';

/** Where the key works: one region, and in it one environment. */
export function PlaceFields({ form }: { readonly form: Form<Values> }) {
  const { product, region, environment } = form.values;
  const { regions, environments } = usePlaces(product, region);
  const options = (names: readonly string[], none: string) => [
    { value: '', label: none },
    ...names.map((name) => ({ value: name, label: name })),
  ];
  return (
    <div className={styles.pairs}>
      {regions.length < 2 ? null : (
        <Field label="Region" error={form.errors.region}>
          <Select
            value={region}
            options={options(regions, 'The first of the workspace')}
            onValueChange={(next) => form.set({ region: next, environment: '' })}
          />
        </Field>
      )}
      <Field
        label="Environment"
        hint="What is counted is counted in one; unless you choose, in the first of the region."
        error={form.errors.environment}
      >
        <Select
          value={environment}
          options={options(environments, 'Not chosen')}
          onValueChange={(next) => form.set({ environment: next })}
        />
      </Field>
    </div>
  );
}

/** Regions of the workspace that have the product, and environments of these or of the chosen one. */
function usePlaces(product: Values['product'], region: string) {
  const { endpoints } = useSignedIn();
  const { workspaceId } = useWorkspace();
  const { data: workspace } = useQuery(workspaceDetailsQuery(workspaceId));
  const own = endpoints.filter(
    (each) => each.product === product && (workspace?.regions.includes(each.region) ?? false),
  );
  const here = own.filter((each) => region === '' || each.region === region);
  return {
    regions: [...new Set(own.map((each) => each.region))],
    environments: [...new Set(here.map((each) => each.environment))],
  };
}
