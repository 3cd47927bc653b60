// The README stays short, and a relative link in a page leads to a file that exists.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const README_LIMIT = 150;

const problems = [...readmeProblems(), ...pages().flatMap(brokenLinks)];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function readmeProblems(): string[] {
  if (!existsSync('README.md')) return ['README.md is missing'];
  const lines = readFileSync('README.md', 'utf8').trimEnd().split('\n').length;
  return lines > README_LIMIT ? [`README.md has ${lines} lines, the limit is ${README_LIMIT}`] : [];
}

function pages(): string[] {
  const top = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];
  const docs = existsSync('docs') ? readdirSync('docs', { recursive: true, encoding: 'utf8' }) : [];
  const inDocs = docs.filter((name) => name.endsWith('.md')).map((name) => path.join('docs', name));
  return [...top, ...inDocs].filter((file) => existsSync(file));
}

function brokenLinks(page: string): string[] {
  // Code shows what a link looks like; it does not link.
  const prose = readFileSync(page, 'utf8')
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, '');
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g)];
  const references = [...prose.matchAll(/^\s{0,3}\[[^\]]+\]:\s*<?([^\s>]+)/gm)];
  return [...inline, ...references]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^([a-z][a-z+.-]*:|#|\/\/)/i.test(target))
    .filter((target) => !existsSync(path.join(path.dirname(page), decodeURI(target.replace(/[#?].*$/, '')))))
    .map((target) => `${page} links to ${target}, which does not exist`);
}
