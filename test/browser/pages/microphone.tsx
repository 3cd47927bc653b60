import {
  PCMAudioRecorderProvider,
  usePCMAudioListener,
  usePCMAudioRecorderContext,
} from '@speechmatics/browser-audio-input-react';
import {
  RealtimeContext,
  RealtimeTranscriptionProvider,
  type ReceiveMessageEvent,
  type TranscriptionConfig,
  useRealtimeEventListener,
  useRealtimeTranscription,
} from '@speechmatics/real-time-client-react';
import { useCallback, useContext, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { EMPTY, fail, hear } from './transcript.ts';

/** A page to speak to: opens the microphone, and shows the words while they are spoken. */

const SAMPLE_RATE_HZ = 16_000;
const MICROPHONE = { type: 'raw', encoding: 'pcm_f32le', sample_rate: SAMPLE_RATE_HZ } as const;

function Microphone() {
  const client = useContext(RealtimeContext)?.client;
  const { socketState, startTranscription, stopTranscription } = useRealtimeTranscription();
  const { isRecording, startRecording, stopRecording } = usePCMAudioRecorderContext();
  const [transcript, setTranscript] = useState(EMPTY);
  const [isBusy, setBusy] = useState(false);
  const isIdle = socketState === undefined || socketState === 'closed';

  const send = (audio: Float32Array) => {
    // The microphone does not notice at once that the connection has ended.
    if (client?.socketState === 'open') client.sendAudio(new Float32Array(audio));
  };
  usePCMAudioListener(useCallback(send, [client]));

  const receive = ({ data }: ReceiveMessageEvent) => {
    setTranscript(hear(data));
    if (data.message === 'Error') stopRecording();
  };
  useRealtimeEventListener('receiveMessage', useCallback(receive, [stopRecording]));

  useEffect(() => {
    if (!isRecording || !isIdle) return;
    stopRecording();
    setTranscript(fail('The connection is lost.'));
  }, [isRecording, isIdle, stopRecording]);

  const start = async () => {
    setTranscript(EMPTY);
    const { key, config } = await askOwnSite();
    await startTranscription(key, { audio_format: MICROPHONE, transcription_config: config });
    await startRecording({}).catch(async (reason) => {
      await stopTranscription();
      throw reason;
    });
  };
  const stop = () => {
    stopRecording();
    return stopTranscription();
  };
  const attempt = (action: () => Promise<unknown>) => async () => {
    setBusy(true);
    await action().catch(({ message = 'The connection was refused.' }) => setTranscript(fail(message)));
    setBusy(false);
  };
  return (
    <>
      <button type="button" disabled={isBusy || !isIdle} onClick={attempt(start)}>
        Start
      </button>
      <button type="button" disabled={isBusy || !isRecording} onClick={attempt(stop)}>
        Stop
      </button>
      <output>{isRecording ? 'Listening' : isIdle ? 'Ready' : 'One moment'}</output>
      <p>
        <span>{transcript.finals}</span>
        <i>{transcript.partial}</i>
      </p>
      <p role="alert">{transcript.error}</p>
    </>
  );
}

/** The site knows who the visitor is; it answers with a temporary key, and what may be asked for with it. */
async function askOwnSite(): Promise<{ key: string; config: TranscriptionConfig }> {
  return (await fetch('/permits', { method: 'POST' })).json();
}

const root = document.querySelector('main') as HTMLElement;
createRoot(root).render(
  <RealtimeTranscriptionProvider url={root.dataset.url ?? ''}>
    <PCMAudioRecorderProvider
      workletScriptURL="/pcm-audio-worklet.min.js"
      audioContext={new AudioContext({ sampleRate: SAMPLE_RATE_HZ })}
    >
      <Microphone />
    </PCMAudioRecorderProvider>
  </RealtimeTranscriptionProvider>,
);
