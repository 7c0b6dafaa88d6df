/** Short tones a person hears without looking: understood, look here, refused. */
const TONES = {
    ok: [{frequency: 880, at: 0, seconds: 0.09}],
    warning: [
        {frequency: 660, at: 0, seconds: 0.12},
        {frequency: 660, at: 0.2, seconds: 0.12},
    ],
    error: [{frequency: 196, at: 0, seconds: 0.45}],
};

let audio = null;

/** Play the tones of ``level``; silent where the device has no sound. */
export function playScanSound(level) {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!Context || !TONES[level]) {
        return;
    }
    audio = audio || new Context();
    for (const {frequency, at, seconds} of TONES[level]) {
        const tone = audio.createOscillator();
        const volume = audio.createGain();
        tone.frequency.value = frequency;
        volume.gain.value = 0.15;
        tone.connect(volume).connect(audio.destination);
        tone.start(audio.currentTime + at);
        tone.stop(audio.currentTime + at + seconds);
    }
}
