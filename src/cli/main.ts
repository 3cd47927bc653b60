#!/usr/bin/env node
import { Command } from 'commander';
import { VERSION } from '../app/version.ts';

interface Entry {
  readonly description: string;
  /** Loads the command when it is the one that was typed: most of them bring much along. */
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  serve: {
    description: 'run the server; settings are environment variables, listed in docs/configuration.md',
    load: async () => (await import('./serve.ts')).serveCommand(),
  },
  transcribe: {
    description: 'transcribe a recording with a server',
    load: async () => (await import('./client/batch/transcribe.ts')).transcribeCommand(),
  },
  listen: {
    description: 'transcribe audio with a server while it is spoken',
    load: async () => (await import('./client/realtime/listen.ts')).listenCommand(),
  },
  accounts: {
    description: 'people who sign in to the portal',
    load: async () => (await import('./operator/accounts.ts')).accountsCommand(),
  },
  audit: {
    description: 'the log of changes to keys, projects and workspaces',
    load: async () => (await import('./operator/audit.ts')).auditCommand(),
  },
  backup: {
    description: 'write the database and the files of jobs into one file',
    load: async () => (await import('./backup.ts')).backupCommand(),
  },
  doctor: {
    description: 'attack a running server and tell what it did not withstand',
    load: async () => (await import('./doctor.ts')).doctorCommand(),
  },
  environments: {
    description: 'environments with a database of their own, which follow the control database',
    load: async () => (await import('./environments.ts')).environmentsCommand(),
  },
  models: {
    description: 'models of the sherpa-onnx engine, under PARLEY_DATA_DIR',
    load: async () => (await import('./models.ts')).modelsCommand(),
  },
  'operator-tokens': {
    description: 'tokens that administer the installation, and a new one when all are lost',
    load: async () => (await import('./operator/operator-tokens.ts')).operatorTokensCommand(),
  },
  pepper: {
    description: 'rotate the pepper of key digests',
    load: async () => (await import('./keys/pepper.ts')).pepperCommand(),
  },
  restore: {
    description: 'put a backup into an empty database and store',
    load: async () => (await import('./backup.ts')).restoreCommand(),
  },
  'scanner-rules': {
    description: 'print rules with which a scanner finds keys of this installation in code',
    load: async () => (await import('./scanner-rules.ts')).scannerRulesCommand(),
  },
  'signing-keys': {
    description: 'rotate or revoke the keys that sign temporary keys',
    load: async () => (await import('./keys/signing-keys.ts')).signingKeysCommand(),
  },
  tokens: {
    description: 'management tokens of a workspace',
    load: async () => (await import('./operator/tokens.ts')).tokensCommand(),
  },
  workspaces: {
    description: 'the customers of the installation',
    load: async () => (await import('./operator/workspaces.ts')).workspacesCommand(),
  },
};

const program = new Command('parley')
  .description('Self-hosted speech-to-text that speaks the Speechmatics API')
  .version(VERSION);

/** No option of `parley` itself has a value, so the first word that is a command is the one; `help audit` names it too. */
const typed = process.argv.slice(2).find((word) => Object.hasOwn(COMMANDS, word));
for (const [name, { description, load }] of Object.entries(COMMANDS)) {
  const command = name === typed ? await load() : new Command(name);
  program.addCommand(command.description(description));
}

await program.parseAsync();
