#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <stdio.h>
#include <sched.h>
static atomic_ushort nxt, own; static atomic_int l; static long table[64]; static long n; static atomic_long cnt; static atomic_int flag;
struct node { struct node *next; long v; }; static struct node *list;
__attribute__((noinline)) void ticket(int i){ unsigned short t=atomic_fetch_add(&nxt,1); while(atomic_load_explicit(&own,memory_order_acquire)!=t) __builtin_ia32_pause(); for(int k=0;k<64;k++) table[k]+=i; atomic_store_explicit(&own,t+1,memory_order_release); }
__attribute__((noinline)) void casl(int i){ int z=0; while(!atomic_compare_exchange_weak(&l,&z,1)) z=0; for(int k=0;k<64;k++) table[k]+=i; atomic_store_explicit(&l,0,memory_order_release); }
__attribute__((noinline)) void nopause(int i){ while(atomic_exchange(&l,1)) while(atomic_load_explicit(&l,memory_order_relaxed)); for(int k=0;k<64;k++) table[k]+=i; atomic_store_explicit(&l,0,memory_order_release); }
__attribute__((noinline)) void bounded(int i){ while(atomic_exchange(&l,1)) { for(int s=0;s<100 && atomic_load_explicit(&l,memory_order_relaxed);s++) __builtin_ia32_pause(); } for(int k=0;k<64;k++) table[k]+=i; atomic_store_explicit(&l,0,memory_order_release); }
__attribute__((noinline)) void count(int i){ atomic_fetch_add(&cnt,1); }
__attribute__((noinline)) void casadd(int i){ long v=atomic_load(&cnt); while(!atomic_compare_exchange_weak(&cnt,&v,v*3+1)); }
__attribute__((noinline)) void walk(int i){ struct node*p=list; while(p && p->v!=i) p=p->next; if(p) table[1]+=1; }
__attribute__((noinline)) void sum(int i){ long s=0; for(int k=0;k<64;k++) s+=table[k]*i; if(s==42) table[0]++; }
__attribute__((noinline)) void (*fs[])(int)={ticket,casl,nopause,bounded,count,casadd,walk,sum};
static void (*f)(int);
void *work(void*a){ for(long i=0;i<n;i++) f(i); return 0; }
int main(int c,char**v){ int t=2; f=fs[atoi(v[1])]; n=atol(v[2]); for(int i=0;i<2000;i++){struct node*p=malloc(sizeof*p);p->next=list;p->v=-5;list=p;} pthread_t p[64]; for(int i=0;i<t;i++) pthread_create(&p[i],0,work,0); for(int i=0;i<t;i++) pthread_join(p[i],0); }
