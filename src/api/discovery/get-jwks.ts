import { Type } from 'typebox';
import type { SigningKeys } from '../../identity/temporary-keys/signing-key.ts';
import { answers } from '../responses.ts';

export const getJwks = ({ signingKeys }: { signingKeys: SigningKeys }) => ({
  schema: {
    summary: 'Public keys of temporary keys (RFC 7517)',
    response: answers({ 200: Type.Object({ keys: Type.Array(Type.Any()) }) }),
  },
  handler: async () => signingKeys.jwks(),
});
