#!/usr/bin/env node
import { Command } from 'commander';
import { VERSION } from '../app/version.ts';
import { serve } from './serve.ts';

const program = new Command('parley')
  .description('Self-hosted speech-to-text that speaks the Speechmatics API')
  .version(VERSION);

program
  .command('serve')
  .description('run the server; settings are environment variables, listed in docs/configuration.md')
  .action(async () => {
    process.exitCode = await serve();
  });

await program.parseAsync();
