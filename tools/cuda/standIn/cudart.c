#include <stdlib.h>
#include <string.h>
#include <stdio.h>
static int current=0; static int count(void){const char*e=getenv("STUB_DEVICES");return e?atoi(e):1;}
static size_t limit(void){const char*e=getenv("STUB_MEMORY");return e?(size_t)atoll(e):(size_t)8<<30;}
static size_t used=0;
int cudaGetDeviceCount(int*n){*n=count();return count()?0:100;}
int cudaGetDevice(int*d){*d=current;return 0;}
int cudaSetDevice(int d){if(d<0||d>=count())return 101;current=d;return 0;}
static void note(const char*what,size_t n,int kind){ if(getenv("STUB_TRACE"))fprintf(stderr,"[cuda] %s %zu kind %d\n",what,n,kind);}
static int alloc(void**p,size_t n){ if(used+n>limit()){*p=0;return 2;} size_t*q=aligned_alloc(256,((n+511)/256)*256+256); if(!q)return 2; q[0]=n; used+=n; *p=(char*)q+256;return 0;}
static int dealloc(void*p){ if(p){size_t*q=(void*)((char*)p-256);used-=q[0];free(q);}return 0;}
int cudaMalloc(void**p,size_t n){note("malloc",n,0);return alloc(p,n);}
int cudaMallocHost(void**p,size_t n){note("mallocHost",n,0);return alloc(p,n);}
int cudaHostAlloc(void**p,size_t n,unsigned f){note("mallocHost",n,0);return alloc(p,n);}
int cudaMallocFromPoolAsync(void**p,size_t n,void*pool,void*s){return alloc(p,n);}
int cudaFree(void*p){return dealloc(p);}
int cudaFreeHost(void*p){return dealloc(p);}
int cudaFreeAsync(void*p,void*s){return dealloc(p);}
int cudaMemcpy(void*d,const void*s,size_t n,int k){note("memcpy",n,k);memcpy(d,s,n);return 0;}
int cudaMemcpyAsync(void*d,const void*s,size_t n,int k,void*st){note("memcpyAsync",n,k);memcpy(d,s,n);return 0;}
int cudaMemset(void*d,int v,size_t n){memset(d,v,n);return 0;}
int cudaMemsetAsync(void*d,int v,size_t n,void*st){memset(d,v,n);return 0;}
int cudaMemGetInfo(size_t*f,size_t*t){*t=limit();*f=limit()-used;return 0;}
int cudaGetDeviceProperties(void*p,int d){ if(d<0||d>=count())return 101; memset(p,0,1008); strcpy(p,"Stub GPU"); 
 char*b=p; *(size_t*)(b+288)=limit(); *(size_t*)(b+296)=49152; *(int*)(b+304)=65536; *(int*)(b+308)=32; *(size_t*)(b+312)=1<<30; *(int*)(b+320)=1024; *(int*)(b+324)=1024;*(int*)(b+328)=1024;*(int*)(b+332)=64; *(int*)(b+336)=2147483647;*(int*)(b+340)=65535;*(int*)(b+344)=65535; *(size_t*)(b+352)=65536; *(int*)(b+360)=9; *(int*)(b+364)=0; *(size_t*)(b+368)=512; *(int*)(b+384)=132; return 0;}
int cudaDeviceGetAttribute(int*v,int a,int d){ switch(a){case 75:*v=9;break;case 76:*v=0;break;case 16:*v=132;break;case 1:*v=1024;break;case 10:*v=32;break;case 8:*v=49152;break;case 97:*v=233472;break; default:*v=1;}return 0;}
int cudaDriverGetVersion(int*v){*v=13000;return 0;}
int cudaRuntimeGetVersion(int*v){*v=13000;return 0;}
int cudaEventCreate(void**e){*e=malloc(8);return 0;}
int cudaEventCreateWithFlags(void**e,unsigned f){*e=malloc(8);return 0;}
int cudaEventRecord(void*e,void*s){note("eventRecord",0,0);return 0;}
int cudaEventQuery(void*e){return 0;}
int cudaEventSynchronize(void*e){note("eventSynchronize",0,0);return 0;}
int cudaEventElapsedTime(float*t,void*a,void*b){*t=0.001f;return 0;}
int cudaStreamCreate(void**s){*s=malloc(8);return 0;}
int cudaStreamCreateWithFlags(void**s,unsigned f){*s=malloc(8);return 0;}
int cudaStreamSynchronize(void*s){note("streamSynchronize",0,0);return 0;}
int cudaDeviceSynchronize(void){note("deviceSynchronize",0,0);return 0;}

static void*captured=0;
int cudaStreamBeginCapture(void*s,int mode){note("beginCapture",0,mode);captured=s;return getenv("STUB_NO_CAPTURE")?900:0;}
int cudaStreamEndCapture(void*s,void**g){note("endCapture",0,0);captured=0;*g=malloc(8);return 0;}
int cudaStreamIsCapturing(void*s,int*c){*c=captured!=0&&s==captured;return 0;}
int cudaGraphInstantiate(void**g,void*x){*g=malloc(8);return 0;}
int cudaGraphLaunch(void*g,void*s){note("graphLaunch",0,0);return 0;}
int cudaMemPoolCreate(void**p,void*x){*p=malloc(8);return 0;}
const char*cudaGetErrorName(int e){return e==2?"cudaErrorMemoryAllocation":e==101?"cudaErrorInvalidDevice":e==100?"cudaErrorNoDevice":e==900?"cudaErrorStreamCaptureUnsupported":"cudaSuccess";}
const char*cudaGetErrorString(int e){return e==2?"out of memory":e==101?"invalid device ordinal":e==100?"no CUDA-capable device is detected":e==900?"operation not permitted when stream is capturing":"no error";}
int cudaPointerGetAttributes(int*a,void*p){memset(a,0,24);return 0;}
int cudaFuncGetAttributes(void*a,void*f){memset(a,0,128);((int*)a)[6]=1024;return 0;}
int cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int*n,void*f,int b,size_t s,unsigned fl){*n=1;return 0;}
void**__cudaRegisterFatBinary(void*p){static void*x;return &x;}
int cudaGetDriverEntryPointByVersion(void){return 1;}
