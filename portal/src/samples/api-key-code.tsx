import { useState } from 'react';
import { CodeBlock } from '../ui/code/code-block.tsx';
import { SegmentedControl } from '../ui/field/radio-group.tsx';
import { apiKeySamples } from './api-key-samples.ts';
import { EndpointSelect } from './endpoint-select.tsx';
import type { Product } from './endpoints.ts';
import styles from './samples.module.css';
import { useEndpoints } from './use-endpoints.ts';

const PRODUCTS = [
  { value: 'batch', label: 'Batch' },
  { value: 'rt', label: 'Real time' },
] as const;

/** Code that uses an API key, for the product and endpoint one chooses. */
export function ApiKeyCode({ apiKey }: { readonly apiKey?: string }) {
  const [product, setProduct] = useState<Product>('batch');
  const [endpointId, setEndpointId] = useState('here');
  const endpoints = useEndpoints(product);
  const endpoint = endpoints.find(({ id }) => id === endpointId) ?? endpoints[0];
  return (
    <div className={styles.code}>
      <div className={styles.choices}>
        <SegmentedControl label="Product" value={product} choices={PRODUCTS} onValueChange={setProduct} />
        <EndpointSelect endpoints={endpoints} value={endpoint} onValueChange={setEndpointId} />
      </div>
      <CodeBlock
        label={product === 'batch' ? 'Transcribe a recording' : 'Transcribe as it is spoken'}
        samples={apiKeySamples({ product, endpoint, apiKey })}
      />
    </div>
  );
}
