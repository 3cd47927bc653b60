/** What FFmpeg says on stderr while it walks through a file. */
export interface ProbeReport {
  /** The container's duration, the longest of its streams. Asked only of formats that declare one. */
  declaredSeconds: number | undefined;
  streams: number;
  /** End of the last packet. */
  presentSeconds: number;
  hasNoAudio: boolean;
}

export function createProbeReport(): { report: ProbeReport; readLine: (line: string) => void } {
  const report: ProbeReport = {
    declaredSeconds: undefined,
    streams: 0,
    presentSeconds: 0,
    hasNoAudio: false,
  };
  let inInput = true;
  const readLine = (line: string) => {
    const present = /^out_time_us=(\d+)$/.exec(line);
    if (present) report.presentSeconds = Number(present[1]) / 1e6;
    const declared = /^ {2}Duration: (\d+):(\d\d):(\d\d\.\d+),/.exec(line);
    if (declared) {
      const [, hours, minutes, seconds] = declared;
      report.declaredSeconds = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    }
    // The streams of the outputs are listed in the same way, below.
    if (/^(Stream mapping:|Output #)/.test(line)) inInput = false;
    if (inInput && /^ {2}Stream #0:/.test(line)) report.streams += 1;
    if (/^Stream map '0:a:0' matches no streams/.test(line)) report.hasNoAudio = true;
  };
  return { report, readLine };
}

/** The header of an AU file: what the decoder made of the stream. `undefined` if incomplete. */
export function readAuHeader(
  bytes: Buffer,
): { channels: number; sampleRate: number; headerBytes: number } | undefined {
  if (bytes.length < 24 || bytes.toString('latin1', 0, 4) !== '.snd') return undefined;
  return {
    headerBytes: bytes.readUInt32BE(4),
    sampleRate: bytes.readUInt32BE(16),
    channels: bytes.readUInt32BE(20),
  };
}
