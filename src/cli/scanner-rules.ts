import { Argument, Command } from 'commander';
import { SCANNERS, type Scanner, scannerRules } from '../identity/secrets/scanner-rules.ts';

export const scannerRulesCommand = (): Command =>
  new Command('scanner-rules')
    .addArgument(new Argument('<scanner>', 'for which program').choices(SCANNERS))
    .option('--domain <domain>', 'domain of the installation, as the rules name it', 'localhost')
    .action((scanner: Scanner, { domain }: { domain: string }) => {
      process.stdout.write(scannerRules(scanner, domain));
    });
