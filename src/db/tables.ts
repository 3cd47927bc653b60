import type { ColumnType, Generated } from 'kysely';

/** Row types of `migrations/`. A column changes there and here in the same commit. */
export interface Tables {
  workspaces: WorkspacesTable;
  projects: ProjectsTable;
  api_keys: ApiKeysTable;
  admin_tokens: AdminTokensTable;
  signing_keys: SigningKeysTable;
  signing_key_secrets: SigningKeySecretsTable;
  jobs: JobsTable;
}

type CreatedAt = ColumnType<Date, Date | undefined, never>;
/** Written as JSON text, read parsed. */
type Json<T> = ColumnType<T, string, string>;

interface WorkspacesTable {
  workspace_id: string;
  name: string;
  customer_type: 'on-demand' | 'enterprise';
  regions: string[];
  temporary_keys_enabled: boolean;
  created_at: CreatedAt;
}

interface ProjectsTable {
  project_id: Generated<number>;
  workspace_id: string;
  name: string;
  description: string | null;
  is_default: boolean;
  regions: string[];
  created_at: CreatedAt;
  deleted_at: Date | null;
}

interface ApiKeysTable {
  api_key_id: string;
  digest: Uint8Array;
  workspace_id: string;
  project_id: number;
  name: string;
  client_ref: string | null;
  regions: string[];
  created_at: CreatedAt;
  expires_at: Date | null;
  revoked_at: Date | null;
}

interface AdminTokensTable {
  admin_token_id: string;
  digest: Uint8Array;
  kind: 'management' | 'operator';
  workspace_id: string | null;
  name: string;
  permissions: string[];
  created_at: CreatedAt;
  revoked_at: Date | null;
}

interface SigningKeysTable {
  kid: string;
  algorithm: 'RS256' | 'ES256';
  public_jwk: Json<Record<string, string>>;
  regions: string[];
  created_at: CreatedAt;
  retired_at: Date | null;
}

interface SigningKeySecretsTable {
  kid: string;
  sealed_private_key: Uint8Array;
}

interface JobsTable {
  environment: string;
  job_id: string;
  workspace_id: string;
  project_id: number;
  api_key_id: string;
  client_ref: string | null;
  created_at: ColumnType<Date, Date, never>;
  status: 'running' | 'done' | 'rejected' | 'deleted' | 'expired';
  config: Json<Record<string, unknown>> | null;
  data_name: string;
  duration_seconds: number;
  audio_bytes: number;
  errors: Json<{ timestamp: string; message: string }[]>;
  failed_attempts: Generated<number>;
  lease_owner: string | null;
  lease_until: Date | null;
  finished_at: Date | null;
}
