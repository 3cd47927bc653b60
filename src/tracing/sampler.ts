import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { Values } from '../base/option.ts';
import type { tracingOptions } from './options.ts';

const PARENT_BASED = 'parentbased_';

export function samplerOf({
  sampler,
  samplerShare,
}: Pick<Values<typeof tracingOptions>, 'sampler' | 'samplerShare'>): Sampler {
  const rule = rootSampler(sampler.replace(PARENT_BASED, ''), samplerShare);
  return sampler.startsWith(PARENT_BASED) ? new ParentBasedSampler({ root: rule }) : rule;
}

function rootSampler(name: string, share: number): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler();
  return name === 'traceidratio' ? new TraceIdRatioBasedSampler(share) : new AlwaysOnSampler();
}
