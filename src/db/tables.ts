import type { ColumnType, Generated } from 'kysely';

/** Row types of `migrations/`. A column changes there and here in the same commit. */
export interface Tables {
  workspaces: WorkspacesTable;
  accounts: AccountsTable;
  account_credentials: AccountCredentialsTable;
  portal_sessions: PortalSessionsTable;
  workspace_members: WorkspaceMembersTable;
  workspace_invitations: WorkspaceInvitationsTable;
  projects: ProjectsTable;
  api_keys: ApiKeysTable;
  admin_tokens: AdminTokensTable;
  signing_keys: SigningKeysTable;
  signing_key_secrets: SigningKeySecretsTable;
  identity_head: IdentityHeadTable;
  audit_heads: AuditHeadsTable;
  environment_database: EnvironmentDatabaseTable;
  environments: EnvironmentsTable;
  environment_receipts: EnvironmentReceiptsTable;
  control_heartbeat: ControlHeartbeatTable;
  erasures_done: ErasuresDoneTable;
  api_key_last_used: ApiKeyLastUsedTable;
  client_ref_cutoffs: ClientRefCutoffsTable;
  nodes: NodesTable;
  audit_events: AuditEventsTable;
  refusals: RefusalsTable;
  temporary_key_counters: TemporaryKeyCountersTable;
  accepted_audio: AcceptedAudioTable;
  usage_daily: UsageDailyTable;
  erasures: ErasuresTable;
  jobs: JobsTable;
  outbound_calls: OutboundCallsTable;
  realtime_sessions: RealtimeSessionsTable;
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
  max_running_jobs: number | null;
  max_sessions: number | null;
  monthly_audio_hours: number | null;
  regions_version: Generated<number>;
}

/** Written by better-auth, as the two after it are. */
interface AccountsTable {
  id: string;
  name: string;
  email: string;
  email_verified: boolean;
  created_at: CreatedAt;
}

interface AccountCredentialsTable {
  id: string;
  user_id: string;
  provider_id: string;
}

interface PortalSessionsTable {
  id: string;
  user_id: string;
  token: string;
  ip_address: string | null;
  user_agent: string | null;
  expires_at: Date;
  created_at: CreatedAt;
  updated_at: Date;
}

export type Role = 'admin' | 'member';

interface WorkspaceMembersTable {
  workspace_id: string;
  account_id: string;
  role: Role;
  joined_at: CreatedAt;
}

interface WorkspaceInvitationsTable {
  invitation_id: string;
  digest: Uint8Array;
  workspace_id: string;
  role: Role;
  email: string | null;
  is_first_account: Generated<boolean>;
  created_at: CreatedAt;
  expires_at: Date;
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
  is_imported: Generated<boolean>;
  keep_serving_hours: Generated<number>;
  rotated_from: string | null;
  prefix: string | null;
  account_id: string | null;
}

interface ApiKeyLastUsedTable {
  origin: Generated<string>;
  environment: string;
  api_key_id: string;
  last_used_at: Date;
}

interface ClientRefCutoffsTable {
  project_id: number;
  client_ref: string;
  not_before: Date;
  regions: string[];
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
  prefix: string | null;
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

interface IdentityHeadTable {
  version: number;
}

interface AuditHeadsTable {
  origin: string;
  sequence: number;
  hash: Uint8Array;
}

interface EnvironmentDatabaseTable {
  environment: string;
  origin: string;
  missed_at: Date | null;
}

interface EnvironmentsTable {
  environment: string;
  region: string;
  added_at: CreatedAt;
}

interface ControlHeartbeatTable {
  at: Date;
  pepper_fingerprint: string | null;
}

interface EnvironmentReceiptsTable {
  environment: string;
  origin: string;
  applied_version: number;
  heard_at: Date;
  missed_at: Date | null;
}

interface ErasuresDoneTable {
  environment: string;
  project_id: number;
  client_ref: string;
  requested_at: Date;
}

interface NodesTable {
  node_id: string;
  environments: string[];
  started_at: CreatedAt;
  lease_until: Date;
  applied_version: number;
  roles: Generated<string[]>;
  origin: Generated<string>;
}

interface AuditEventsTable {
  origin: Generated<string>;
  sequence: number;
  at: Date;
  actor_kind: string;
  actor_id: string;
  workspace_id: string | null;
  action: string;
  target: string;
  request_id: string | null;
  address: string | null;
  details: Json<Record<string, unknown>>;
  hash: Uint8Array;
}

interface RefusalsTable {
  request_id: string;
  at: Date;
  workspace_id: string | null;
  api_key_id: string | null;
  method: string;
  route: string;
  status: number;
  reason: string;
  address: string;
}

interface TemporaryKeyCountersTable {
  environment: string;
  token_id: string;
  sessions: number;
  audio_seconds: number;
  expires_at: Date;
}

interface AcceptedAudioTable {
  environment: string;
  workspace_id: string;
  /** First day of the month, `YYYY-MM-DD`. */
  month: ColumnType<Date, string, never>;
  audio_seconds: number;
}

interface UsageDailyTable {
  origin: Generated<string>;
  environment: string;
  /** UTC, `YYYY-MM-DD`. */
  day: ColumnType<Date, string, never>;
  workspace_id: string;
  project_id: number;
  api_key_id: string;
  client_ref: string;
  mode: 'batch' | 'real-time';
  type: string;
  language: string;
  operating_point: string;
  count: number;
  audio_seconds: number;
}

interface ErasuresTable {
  project_id: number;
  client_ref: string;
  requested_at: Generated<Date>;
  regions: string[];
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
  text_name: Generated<string>;
  fair_rank: Generated<number>;
  duration_seconds: number;
  audio_bytes: number;
  errors: Json<{ timestamp: string; message: string }[]>;
  failed_attempts: Generated<number>;
  lease_owner: string | null;
  lease_until: Date | null;
  finished_at: Date | null;
  token_id: string | null;
  store_id: string | null;
  files_left: Generated<boolean>;
  audio_limits: Json<AudioLimits> | null;
}

/** Of a temporary key with which a job was submitted whose audio is yet to be fetched. */
export interface AudioLimits {
  readonly expiresAtMs: number;
  readonly maxSessionSeconds?: number;
  readonly audioSeconds?: number;
}

interface OutboundCallsTable {
  environment: string;
  job_id: string;
  kind: 'fetch' | 'notify';
  project_id: number;
  entry: number;
  outcome: 'success' | 'error' | 'fetch_error' | null;
  attempts: Generated<number>;
  due_at: Generated<Date>;
  store_id: string | null;
}

interface RealtimeSessionsTable {
  environment: string;
  session_id: string;
  node_id: string;
  workspace_id: string;
  project_id: number;
  api_key_id: string;
  client_ref: string | null;
  token_id: string | null;
  granted_seconds: number;
  granted_at: Date;
  language: Generated<string>;
  operating_point: Generated<string>;
  audio_seconds: Generated<number>;
}
