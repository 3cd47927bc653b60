import { apiOptions } from '../api/options.ts';
import { appOptions } from '../app/options.ts';
import { audioOptions } from '../audio/options.ts';
import { dbOptions } from '../db/options.ts';
import { engineOptions } from '../engines/options.ts';
import { httpOptions } from '../http/options.ts';
import { identityOptions } from '../identity/options.ts';
import { jobOptions } from '../jobs/options.ts';
import { metricsOptions } from '../metrics/options.ts';
import { netOptions } from '../net/options.ts';
import { realtimeOptions } from '../realtime/options.ts';
import { regionOptions } from '../regions/options.ts';
import { replicationOptions } from '../replication/options.ts';
import { storageOptions } from '../storage/options.ts';
import { tracingOptions } from '../tracing/options.ts';

/** Every setting, by the part that declares it; `docs/configuration.md` is printed from here. */
export const OPTIONS = {
  app: appOptions,
  http: httpOptions,
  regions: regionOptions,
  db: dbOptions,
  replication: replicationOptions,
  storage: storageOptions,
  identity: identityOptions,
  api: apiOptions,
  jobs: jobOptions,
  realtime: realtimeOptions,
  net: netOptions,
  audio: audioOptions,
  engines: engineOptions,
  metrics: metricsOptions,
  tracing: tracingOptions,
};
