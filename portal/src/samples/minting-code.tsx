import { useState } from 'react';
import { CodeBlock } from '../ui/code/code-block.tsx';
import { EndpointSelect } from './endpoint-select.tsx';
import type { Product } from './endpoints.ts';
import type { Value } from './literals.ts';
import { mintingSamples } from './minting-samples.ts';
import styles from './samples.module.css';
import { useEndpoints } from './use-endpoints.ts';

interface MintingCodeProps {
  readonly product: Product;
  /** Of the request that makes the key. */
  readonly body: { readonly [member: string]: Value };
}

/** Code with which a server of one's own makes a temporary key. */
export function MintingCode({ product, body }: MintingCodeProps) {
  const [endpointId, setEndpointId] = useState('here');
  const endpoints = useEndpoints(product);
  const endpoint = endpoints.find(({ id }) => id === endpointId) ?? endpoints[0];
  return (
    <div className={styles.code}>
      <EndpointSelect endpoints={endpoints} value={endpoint} onValueChange={setEndpointId} />
      <CodeBlock
        label="Make a temporary key"
        samples={mintingSamples({ product, origin: endpoint.origin, body })}
      />
    </div>
  );
}
