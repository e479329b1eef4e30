/* The limit: Eq. 1-3 for a network without delays, sizes known to the compiler, sums vectorised
 * over targets, rounding free (-ffast-math). Same job as lsm.dynamics.simulate: from (SENSORS,
 * n_steps) inputs to (N, n_steps) activity. Weights are [source][target], padded with zeros.
 *
 * Denormal numbers are flushed to zero, as -ffast-math means it, but only while this runs: linked
 * with that option, gcc would flush for the whole process and so for whom this is compared with. */
#ifdef __SSE2__
#include <xmmintrin.h>
#define FLUSH unsigned int kept = _mm_getcsr(); _mm_setcsr(kept | 0x8040)
#define RESTORE _mm_setcsr(kept)
#else
#define FLUSH
#define RESTORE
#endif
#define PADDED ((N + 7) / 8 * 8)

void run(const double *restrict inputs, long n_steps, const double *restrict w_in,
         const double *restrict w_exc, const double *restrict w_inh,
         const double *restrict channels, const double *restrict gain, double *restrict out)
{
    FLUSH;
    static double a[PADDED] __attribute__((aligned(64)));
    static double p[PADDED] __attribute__((aligned(64)));
    static double q[PADDED] __attribute__((aligned(64)));
    for (int k = 0; k < PADDED; k++)
        a[k] = 0;
    for (long t = 0; t < n_steps; t++) {
        for (int k = 0; k < PADDED; k++)
            p[k] = q[k] = 0;
        for (int j = 0; j < SENSORS; j++) {
            double x = inputs[j * n_steps + t];
            for (int k = 0; k < PADDED; k++)
                p[k] += w_in[j * PADDED + k] * x;
        }
        for (int j = 0; j < N_EXC; j++) {
            double x = a[j];
            for (int k = 0; k < PADDED; k++)
                p[k] += w_exc[(long)j * PADDED + k] * x;
        }
        for (int j = 0; j < N - N_EXC; j++) {
            double x = a[N_EXC + j];
            for (int k = 0; k < PADDED; k++)
                q[k] += w_inh[(long)j * PADDED + k] * x;
        }
        for (int k = 0; k < PADDED; k++) {
            double total = p[k] - q[k];
            double undamped = total > 0 ? total / (channels[k] + p[k] + q[k]) : 0;
            a[k] += gain[k] * (undamped - a[k]);
        }
        for (int k = 0; k < N; k++)
            out[k * n_steps + t] = a[k];
    }
    RESTORE;
}

/* Reads n doubles and nothing else: what memory can deliver. */
double sum(const double *restrict x, long n)
{
    double total = 0;
    for (long i = 0; i < n; i++)
        total += x[i];
    return total;
}
