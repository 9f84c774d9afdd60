/** The transformations of optax-contrib.json by their names there. */
import { type NDArray, np, optax, random } from '../../../src/index.js'

const c = optax.contrib
const lr = 0.05
const mask = { b: false, w: true }
const cosine = optax.cosineDecaySchedule(0.5, 5)
const ascent = optax.chain(c.normalize(), optax.sgd(0.05, { momentum: 0.5 }))

/** Extra arguments are the same for all: the value of the loss, the loss, its gradients. */
export type AnyTx = optax.GradientTransformation<unknown, never>

export const variations: Readonly<Record<string, AnyTx>> = {
  'acprop(.05)': c.acprop(lr),
  'acprop(.05,b1=.7,b2=.9,eps=1e-3,eps_root=1e-4,weight_decay=.1,mask)': c.acprop(lr, {
    b1: 0.7,
    b2: 0.9,
    eps: 1e-3,
    epsRoot: 1e-4,
    weightDecay: 0.1,
    mask,
  }),
  'ademamix(.05)': c.ademamix(lr),
  'ademamix(.05,b3=cosine,alpha=cosine,eps_root=.01,weight_decay=.1,mask)': c.ademamix(lr, {
    b1: 0.8,
    b2: 0.95,
    b3: cosine,
    alpha: cosine,
    eps: 1e-3,
    epsRoot: 0.01,
    weightDecay: 0.1,
    mask,
  }),
  'ademamix(.05,mu_dtype=bfloat16)': c.ademamix(lr, { muDtype: 'bfloat16' }),
  'scale_by_ademamix()': c.scaleByAdemamix(),
  'simplified_ademamix(.05)': c.simplifiedAdemamix(lr),
  'simplified_ademamix(.05,b1=.9,b2=.8,alpha=cosine,eps=1e-3,eps_root=.01,weight_decay=.1,mask)': c.simplifiedAdemamix(
    lr,
    { b1: 0.9, b2: 0.8, alpha: cosine, eps: 1e-3, epsRoot: 0.01, weightDecay: 0.1, mask },
  ),
  'adopt(.05)': c.adopt(lr),
  'adopt(.05,b1=.8,b2=.95,eps=.1,nesterov)': c.adopt(lr, { b1: 0.8, b2: 0.95, eps: 0.1, nesterov: true }),
  'adopt(.05,use_clipping=False,eps=10)': c.adopt(lr, { useClipping: false, eps: 10 }),
  'adopt(.05,clip_value_fn=n->.5/(n+1),mu_dtype=bfloat16)': c.adopt(lr, {
    clipValueFn: (n: NDArray) => np.divide(0.5, np.add(n, 1)),
    muDtype: 'bfloat16',
  }),
  'cocob()': c.cocob(),
  'cocob(.5,alpha=10,eps=.1,weight_decay=.1,mask)': c.cocob({
    learningRate: 0.5,
    alpha: 10,
    eps: 0.1,
    weightDecay: 0.1,
    mask,
  }),
  'dadapt_adamw()': c.dadaptAdamw(),
  'dadapt_adamw(cosine,betas=(.8,.95),eps=1e-3,estim_lr0=.01,weight_decay=.1)': c.dadaptAdamw({
    learningRate: cosine,
    betas: [0.8, 0.95],
    eps: 1e-3,
    estimLr0: 0.01,
    weightDecay: 0.1,
  }),
  'dog()': c.dog(),
  "dog(.5,('distance',.1),eps=.1,weight_decay=.1,mask)": c.dog({
    learningRate: 0.5,
    initStep: ['distance', 0.1],
    eps: 0.1,
    weightDecay: 0.1,
    mask,
  }),
  "dog(('learning_rate',.1))": c.dog({ initStep: ['learning_rate', 0.1] }),
  'dowg()': c.dowg(),
  'dowg(cosine,init_estim_sq_dist=.1,eps=.01,weight_decay=.1,mask)': c.dowg({
    learningRate: cosine,
    initEstimSqDist: 0.1,
    eps: 0.01,
    weightDecay: 0.1,
    mask,
  }),
  'galore(.05,rank=1,update_proj_gap=2)': c.galore(lr, { rank: 1, updateProjGap: 2 }),
  'galore(.05,rank=2,update_proj_gap=9,scale=.5,base_optimizer=trace(.9),weight_decay=.1,mask)': c.galore(lr, {
    rank: 2,
    updateProjGap: 9,
    scale: 0.5,
    baseOptimizer: optax.trace(0.9),
    weightDecay: 0.1,
    mask,
  }),
  'madgrad(.05)': c.madgrad(lr),
  'madgrad(cosine,momentum=.5,weight_decay=.1,eps=.01)': c.madgrad(cosine, {
    momentum: 0.5,
    weightDecay: 0.1,
    eps: 0.01,
  }),
  'mechanize(sgd(.05))': c.mechanize(optax.sgd(lr)),
  'mechanize(adam(.05),weight_decay=.1,eps=1e-3,s_init=.1,num_betas=3)': c.mechanize(optax.adam(lr), {
    weightDecay: 0.1,
    eps: 1e-3,
    sInit: 0.1,
    numBetas: 3,
  }),
  'momo()': c.momo(),
  'momo(cosine,beta=.5,lower_bound=1,weight_decay=.1)': c.momo({
    learningRate: cosine,
    beta: 0.5,
    lowerBound: 1,
    weightDecay: 0.1,
  }),
  'momo(lower_bound=60,adapt_lower_bound)': c.momo({ lowerBound: 60, adaptLowerBound: true }),
  'momo_adam()': c.momoAdam(),
  'momo_adam(cosine,b1=.5,b2=.9,eps=1e-3,lower_bound=1,weight_decay=.1)': c.momoAdam({
    learningRate: cosine,
    b1: 0.5,
    b2: 0.9,
    eps: 1e-3,
    lowerBound: 1,
    weightDecay: 0.1,
  }),
  'momo_adam(1,lower_bound=60,adapt_lower_bound)': c.momoAdam({
    learningRate: 1,
    lowerBound: 60,
    adaptLowerBound: true,
  }),
  'muon(.05)': c.muon(lr),
  'muon(.05,dion,beta=.8,eps=1e-3,weight_decay=.1,mask,nesterov=False,adaptive,consistent_rms=.2)': c.muon(lr, {
    nsCoeffs: 'dion',
    beta: 0.8,
    eps: 1e-3,
    weightDecay: 0.1,
    weightDecayMask: mask,
    nesterov: false,
    adaptive: true,
    consistentRms: 0.2,
  }),
  'muon(.05,mu_dtype=bfloat16,ns_steps=2,aol,adam_b1=.8,adam_b2=.9,adam_eps_root=.01,adam_weight_decay=.1,adam_learning_rate=cosine)':
    c.muon(lr, {
      muDtype: 'bfloat16',
      nsSteps: 2,
      preconditioning: 'aol',
      adamB1: 0.8,
      adamB2: 0.9,
      adamEpsRoot: 0.01,
      adamWeightDecay: 0.1,
      adamLearningRate: cosine,
    }),
  'muon(.05,muon_weight_dimension_numbers={b:None,w:(1,0)})': c.muon(lr, {
    muonWeightDimensionNumbers: { b: null, w: new c.MuonDimensionNumbers({ reductionAxis: 1, outputAxis: 0 }) },
  }),
  'prodigy()': c.prodigy(),
  'prodigy(cosine,betas=(.8,.95),beta3=.5,eps=1e-3,estim_lr0=.01,estim_lr_coef=2,weight_decay=.1)': c.prodigy({
    learningRate: cosine,
    betas: [0.8, 0.95],
    beta3: 0.5,
    eps: 1e-3,
    estimLr0: 0.01,
    estimLrCoef: 2,
    weightDecay: 0.1,
  }),
  'prodigy(estim_lr0=.01,safeguard_warmup)': c.prodigy({ estimLr0: 0.01, safeguardWarmup: true }),
  'chain(sgd(.05),reduce_on_plateau(patience=1,factor=.5,rtol=.5))': optax.chain(
    optax.sgd(lr),
    c.reduceOnPlateau({ factor: 0.5, patience: 1, rtol: 0.5 }),
  ),
  'chain(sgd(.05),reduce_on_plateau(patience=1,cooldown=2,rtol=.9,min_scale=.05))': optax.chain(
    optax.sgd(lr),
    c.reduceOnPlateau({ patience: 1, cooldown: 2, rtol: 0.9, minScale: 0.05 }),
  ),
  'chain(sgd(.05),reduce_on_plateau(patience=1,atol=10,accumulation_size=2))': optax.chain(
    optax.sgd(lr),
    c.reduceOnPlateau({ factor: 0.5, patience: 1, atol: 10, accumulationSize: 2 }),
  ),
  'sam(sgd(.05),ascent)': c.sam(optax.sgd(lr), ascent),
  'sam(adam(.05),ascent,sync_period=3)': c.sam(optax.adam(lr), ascent, { syncPeriod: 3 }),
  'sam(sgd(.05),ascent,sync_period=3,reset_state=False)': c.sam(optax.sgd(lr), ascent, {
    syncPeriod: 3,
    resetState: false,
  }),
  'sam(adam(.05),ascent,sync_period=3,opaque_mode)': c.sam(optax.adam(lr), ascent, { syncPeriod: 3, opaqueMode: true }),
  'sam(sgd(.05),ascent,reset_state=False,opaque_mode)': c.sam(optax.sgd(lr), ascent, {
    resetState: false,
    opaqueMode: true,
  }),
  'schedule_free_adamw()': c.scheduleFreeAdamw(),
  'schedule_free_adamw(.05,warmup_steps=2,b1=.8,b2=.95,eps=1e-3,weight_decay=.1,weight_lr_power=1)':
    c.scheduleFreeAdamw({
      learningRate: lr,
      warmupSteps: 2,
      b1: 0.8,
      b2: 0.95,
      eps: 1e-3,
      weightDecay: 0.1,
      weightLrPower: 1,
    }),
  'schedule_free_sgd(.05)': c.scheduleFreeSgd({ learningRate: lr }),
  'schedule_free_sgd(.05,warmup_steps=3,b1=.5,weight_decay=.1,weight_lr_power=1.5,state_dtype=bfloat16)':
    c.scheduleFreeSgd({
      learningRate: lr,
      warmupSteps: 3,
      b1: 0.5,
      weightDecay: 0.1,
      weightLrPower: 1.5,
      stateDtype: 'bfloat16',
    }),
  'schedule_free(adam(.05,b1=0),cosine)': c.scheduleFree(optax.adam(lr, { b1: 0 }), cosine),
  'sophia(.05)': c.sophia(lr),
  'sophia(.05,b1=.8,b2=.5,eps=.1,weight_decay=.1,mask,gamma=2,clip_threshold=.2,update_interval=2,mu_dtype=bfloat16)':
    c.sophia(lr, {
      b1: 0.8,
      b2: 0.5,
      eps: 0.1,
      weightDecay: 0.1,
      weightDecayMask: mask,
      gamma: 2,
      clipThreshold: 0.2,
      updateInterval: 2,
      muDtype: 'bfloat16',
    }),
  'sophia(.05,clip_threshold=None,gamma=1,update_interval=1,key=7)': c.sophia(lr, {
    clipThreshold: null,
    gamma: 1,
    updateInterval: 1,
    hessianDiagonalFn: c.hutchinsonEstimatorDiagHessian({ randomSeed: random.key(7) }),
  }),
}

/** Those of optax-golden.json. */
export const originals: Readonly<Record<string, AnyTx>> = {
  'contrib.acprop': c.acprop(lr),
  'contrib.ademamix': c.ademamix(lr),
  'contrib.simplified_ademamix': c.simplifiedAdemamix(lr, { alpha: 0.5 }),
  'contrib.adopt': c.adopt(lr),
  'contrib.cocob': c.cocob(),
  'contrib.dadapt_adamw': c.dadaptAdamw(),
  'contrib.dog': c.dog(),
  'contrib.dowg': c.dowg(),
  'contrib.galore_rank1': c.galore(lr, { rank: 1, updateProjGap: 2 }),
  'contrib.madgrad': c.madgrad(lr),
  'contrib.mechanize_sgd': c.mechanize(optax.sgd(lr)),
  'contrib.momo': c.momo(),
  'contrib.momo_adam': c.momoAdam(),
  'contrib.muon': c.muon(lr),
  'contrib.prodigy': c.prodigy(),
  'contrib.reduce_on_plateau': optax.chain(optax.sgd(lr), c.reduceOnPlateau({ patience: 1 })),
  'contrib.sam': c.sam(optax.sgd(lr), optax.chain(c.normalize(), optax.sgd(0.05))),
  'contrib.schedule_free_adamw': c.scheduleFreeAdamw({ learningRate: lr }),
  'contrib.schedule_free_sgd': c.scheduleFreeSgd({ learningRate: lr }),
}
