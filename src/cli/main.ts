#!/usr/bin/env node
import { Command } from 'commander';
import { VERSION } from '../app/version.ts';
import { auditCommand } from './audit.ts';
import { doctorCommand } from './doctor.ts';
import { modelsCommand } from './models.ts';
import { scannerRulesCommand } from './scanner-rules.ts';
import { serve } from './serve.ts';
import { tokensCommand } from './tokens.ts';
import { workspacesCommand } from './workspaces.ts';

const program = new Command('parley')
  .description('Self-hosted speech-to-text that speaks the Speechmatics API')
  .version(VERSION);

program
  .command('serve')
  .description('run the server; settings are environment variables, listed in docs/configuration.md')
  .action(async () => {
    process.exitCode = await serve();
  });

program.addCommand(auditCommand());
program.addCommand(doctorCommand());
program.addCommand(modelsCommand());
program.addCommand(scannerRulesCommand());
program.addCommand(tokensCommand());
program.addCommand(workspacesCommand());

await program.parseAsync();
